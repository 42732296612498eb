#include "shared/enrollment/soap/xml_writer.h"

#include "shared/enrollment/soap/namespaces.h"
#include "shared/enrollment/soap/xml_reader.h"
#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>

using namespace perennial::enrollment::soap;
using perennial::test::checkWellFormed;
using perennial::test::contains;
using perennial::test::must;
using perennial::test::outline;

TEST_CASE("text and attributes come back as they were written, whatever they hold")
{
    const std::string hostile = "<&>\"' \r\n\t ]]> </s:Body> \xC3\xA4 \xF0\x9F\x94\x91 x='1'";
    Element root = makeElement({"urn:one", "a"}, hostile);
    setAttribute(root, {"", "b"}, hostile);
    setAttribute(root, {"urn:two", "c"}, hostile);
    const std::string xml = writeXml(root);
    checkWellFormed(xml);
    const Element read = must(readXml(xml));
    CHECK(read.text == hostile);
    CHECK(*read.attribute({"", "b"}) == hostile);
    CHECK(*read.attribute({"urn:two", "c"}) == hostile);
    CHECK(read.children.empty());
}

TEST_CASE("what XML cannot hold becomes a replacement character")
{
    const std::string bad(
        "a\0b\x1B[31m\x7F \xFF \xC3 \xED\xA0\x80 \xEF\xBF\xBE \xF4\x90\x80\x80", 26);
    const std::string xml = writeXml(makeElement({"", "a"}, bad));
    checkWellFormed(xml);
    const std::string text = must(readXml(xml)).text;
    CHECK(contains(text, "a\xEF\xBF\xBD"
                         "b\xEF\xBF\xBD[31m\x7F"));
    CHECK_FALSE(contains(text, "\x1B"));
}

TEST_CASE("a foreign reader sees the names, namespaces and prefixed values that were meant")
{
    Element envelope = makeElement({space::envelope, "Envelope"});
    Element& body = append(envelope, makeElement({space::envelope, "Body"}));
    Element& one = append(body, makeElement({"urn:one", "a"}));
    append(one, makeNil({"urn:one", "b"}));
    append(one, makeElement({"urn:two", "c"}, "text"));
    append(one, makeElement({"", "d"}));
    setAttribute(one, {space::xml, "lang"}, "en-US");
    Element value = makeElement({space::envelope, "Value"});
    value.nameValue = NameValue{std::string(space::security), "FailedAuthentication"};
    append(body, value);
    const std::string xml = writeXml(envelope);
    checkWellFormed(xml);
    CHECK(outline(xml) ==
          "{http://www.w3.org/2003/05/soap-envelope}Envelope\n"
          "  {http://www.w3.org/2003/05/soap-envelope}Body\n"
          "    {urn:one}a {http://www.w3.org/XML/1998/namespace}lang=en-US\n"
          "      {urn:one}b {http://www.w3.org/2001/XMLSchema-instance}nil=true\n"
          "      {urn:two}c = text\n"
          "      d\n"
          "    {http://www.w3.org/2003/05/soap-envelope}Value = o:FailedAuthentication\n");
    CHECK(must(readXml(xml)).children[0].children[1].nameValue == value.nameValue);
}
