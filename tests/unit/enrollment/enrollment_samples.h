#pragma once

#include "shared/base/result.h"
#include "shared/enrollment/soap/envelope.h"

#include <doctest/doctest.h>
#include <string>

namespace perennial::test {

// A file of tests/data/enrollment: "01_getpolicies_request.xml", "microsoft/bst0.der".
std::string sample(const std::string& name);
enrollment::soap::Envelope sampleEnvelope(const std::string& name);

// What Python's xml.etree sees: a line for each element with its depth, namespace, name, attributes
// and text; white space in text is taken out. Fails the test when it is not well-formed.
std::string outline(const std::string& xml);
// The same of the SOAP body's element only, for MS-XCEP answers: references by number are replaced
// by what they refer to, and the list of OIDs is sorted.
std::string policyOutline(const std::string& xml);
std::string bodyOutline(const std::string& xml);

void checkWellFormed(const std::string& xml); // by xmllint

std::string replaced(std::string text, const std::string& what, const std::string& by);

// The value, or a failed test with the error's message.
template <class T>
T must(Result<T> result)
{
    REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message));
    return std::move(result).value();
}

template <class T>
std::string messageOf(const Result<T>& result)
{
    return result ? std::string() : result.error().message;
}

inline bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace perennial::test
