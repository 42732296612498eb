#include "tests/unit/enrollment/enrollment_samples.h"

#include "tests/support/child_process.h"
#include "tests/support/golden.h"

namespace perennial::test {

namespace {

const std::string script =
    std::string(PERENNIAL_SOURCE_DIR) + "/tests/unit/enrollment/outline_xml.py";

} // namespace

std::string sample(const std::string& name) { return readTestData("enrollment/" + name); }

enrollment::soap::Envelope sampleEnvelope(const std::string& name)
{
    return must(enrollment::soap::readEnvelope(sample(name)));
}

std::string outline(const std::string& xml) { return mustRun({"/usr/bin/python3", script}, xml); }

std::string bodyOutline(const std::string& xml)
{
    return mustRun({"/usr/bin/python3", script, "body"}, xml);
}

std::string policyOutline(const std::string& xml)
{
    return mustRun({"/usr/bin/python3", script, "policies"}, xml);
}

void checkWellFormed(const std::string& xml)
{
    mustRun({"/usr/bin/xmllint", "--nonet", "--noout", "-"}, xml);
}

std::string replaced(std::string text, const std::string& what, const std::string& by)
{
    const auto at = text.find(what);
    REQUIRE_MESSAGE(at != std::string::npos, "the text has no ", what);
    return text.replace(at, what.size(), by);
}

} // namespace perennial::test
