// Reads XML documents with libxml2's reader and compares them with the structure that ISO 20022
// gives camt.053.001.08 and camt.054.001.08: which elements stand where, in which order, how often,
// and what may be in them. Knows the parts that banks' statements have; the rest of the schema by
// its place only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace florin::test {

struct XmlNode {
  std::string name;
  std::string name_space;
  std::map<std::string, std::string> attributes;
  std::string text;  // Of the element itself.
  std::vector<XmlNode> children;

  // All elements at a path below this one, such as "Stmt/Bal/Amt".
  std::vector<const XmlNode*> all(std::string_view path) const;
  // The only one there; fails the test when there is none, or more.
  const XmlNode& at(std::string_view path) const;
};

struct ReadXml {
  XmlNode root;
  std::string problem;  // Empty: well-formed.
};

ReadXml read_xml(std::string_view bytes);

enum class CamtMessage { Statement, Notification };

// The first thing in which the document differs from the structure, with its path; empty when there
// is none.
std::string structure_problem(CamtMessage message, std::string_view bytes);

}  // namespace florin::test
