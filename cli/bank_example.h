// The files of examples/bank, built into the program, so that the demonstration needs no others.
#pragma once

#include <string_view>

namespace florin::cli {

// JSON lines, as `florin client` takes them.
std::string_view bank_accounts();
std::string_view bank_day();

struct BankAccount {
  unsigned id;
  const char* name;
  const char* currency;
};

// Every account of the bank, in the order to show them.
inline constexpr BankAccount kBankAccounts[] = {
    {1, "cash", "EUR"},
    {2, "nostro", "EUR"},
    {3, "fees earned", "EUR"},
    {4, "interest paid", "EUR"},
    {5, "exchange position", "EUR"},
    {6, "capital", "EUR"},
    {101, "Ada, current", "EUR"},
    {102, "Bela, current", "EUR"},
    {103, "Chiara, current", "EUR"},
    {104, "Ada, savings", "EUR"},
    {12, "nostro", "USD"},
    {13, "fees earned", "USD"},
    {15, "exchange position", "USD"},
    {16, "capital", "USD"},
    {201, "Ada, dollars", "USD"},
    {202, "Bela, dollars", "USD"},
};

}  // namespace florin::cli
