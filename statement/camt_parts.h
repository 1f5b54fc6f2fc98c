// What camt.053 and camt.054 share, both of ISO 20022 in version 001.08: accounts, amounts, moments
// and entries. Everything is written in the order of the schema.
//
// Texts for people (names, kinds of transactions) are cut to the length of their field, and
// characters that XML lacks are replaced. What identifies something is never cut: see
// written_values.h.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"
#include "statement/statement.h"
#include "statement/xml_writer.h"

namespace florin::statement {

inline constexpr usize kMax35Text = 35;
inline constexpr usize kMax140Text = 140;
inline constexpr usize kMax500Text = 500;

// The account that a document speaks of, and how its amounts are written. Refers to its parts.
struct CamtAccount {
  const Bank& bank;
  const Party& account;
  u32 ledger;
  std::string_view currency;
  u32 decimals;
  std::string_view format;  // For messages: "camt.053".
};

CamtAccount camt_account(const Statement& statement, std::string_view format);

// Currency, IBAN and BIC. InvalidArgument.
Status check_camt_account(const CamtAccount& account);

// The amount as ISO 20022 takes it: digits, and at most 5 behind a point, 18 together. What has
// more is an InvalidArgument that begins with `whose`.
Result<std::string> camt_amount(u128 amount, u32 decimals, std::string_view whose);

const char* camt_direction(bool credit);  // "CRDT", "DBIT"

// "2026-10-31T23:59:59+01:00": whole seconds since 1970 UTC, as clocks show them that are so many
// seconds ahead of UTC; "Z" when none.
std::string camt_moment(u64 seconds, i64 offset_seconds);
// By how much the bank's clocks were ahead of UTC when the period began and when it ended: a day
// begins at midnight of the bank's time zone. 0 when that does not give an offset that XML can
// write (whole minutes, 14 hours at most): the moments are right in any case.
i64 camt_offset_at_begin(const Statement& statement);
i64 camt_offset_at_end(const Statement& statement);

void write_camt_header(XmlWriter& xml, const std::string& message_id, const std::string& created);
void write_camt_account(XmlWriter& xml, const CamtAccount& account);

// <Ntry> of a booked transfer. InvalidArgument: its amount, a code of its kind, or its
// counterparty's IBAN does not fit; names the entry.
Status write_camt_entry(XmlWriter& xml, const CamtAccount& account, const Entry& entry);

}  // namespace florin::statement
