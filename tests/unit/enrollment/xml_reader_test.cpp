#include "shared/enrollment/soap/xml_reader.h"

#include "tests/unit/enrollment/enrollment_samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::soap;
using perennial::test::contains;
using perennial::test::messageOf;
using perennial::test::must;

namespace {

std::string repeated(const std::string& text, std::size_t count)
{
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
        all += text;
    return all;
}

std::string nested(std::size_t depth) { return repeated("<a>", depth) + repeated("</a>", depth); }

void checkRefused(const std::string& document, const std::string& because)
{
    const auto result = readXml(document);
    REQUIRE_MESSAGE(!result.ok(), document.substr(0, 200));
    CHECK(result.error().kind == ErrorKind::InvalidInput);
    CHECK_MESSAGE(contains(result.error().message, because), result.error().message);
}

} // namespace

TEST_CASE("an XML document is read with namespaces, attributes and text, whatever the prefixes")
{
    const Element root = must(readXml("<?xml version='1.0' encoding='UTF-8'?>\n"
                                      "<p:a xmlns:p='urn:one' x='1' p:x='2'>t&lt;&#x41;<!-- c -->"
                                      "<b xmlns='urn:two'/><c/><![CDATA[<u>]]></p:a>"));
    CHECK(root.is({"urn:one", "a"}));
    REQUIRE(root.attribute({"", "x"}) != nullptr);
    CHECK(*root.attribute({"", "x"}) == "1");
    CHECK(*root.attribute({"urn:one", "x"}) == "2");
    CHECK(root.attribute({"urn:two", "x"}) == nullptr);
    CHECK(root.text == "t<A<u>");
    REQUIRE(root.children.size() == 2);
    CHECK(root.children[0].is({"urn:two", "b"}));
    CHECK(root.children[1].is({"", "c"}));
}

TEST_CASE("a document type declaration is refused before any parser works on it")
{
    const std::string laughs = "<!DOCTYPE a [<!ENTITY l 'ha'><!ENTITY m '&l;&l;&l;'>]><a>&m;</a>";
    for (const std::string& document : {std::string("<!DOCTYPE a><a/>"), laughs,
             "<?xml version='1.0'?>\n" + laughs, "<!-- c -->\n" + laughs, "\xEF\xBB\xBF" + laughs,
             std::string("<!DOCTYPE a SYSTEM 'file:///etc/hostname'><a/>"),
             std::string("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><a>&e;</a>"),
             std::string("<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1/x'> %p;]><a/>"),
             std::string("<!DOCTYPE a [<!ATTLIST a b CDATA 'x'>]><a/>"),
             std::string("<a><!DOCTYPE a></a>"), std::string("<!ENTITY a 'b'><a/>")}) {
        checkRefused(document, "document type declaration");
    }
    CHECK(readXml("<a><!-- <!DOCTYPE a> --><![CDATA[<!DOCTYPE a>]]></a>").ok());
}

TEST_CASE("a processing instruction is refused wherever it stands")
{
    for (const char* document :
        {"<?go x?><a/>", "<a><?go?></a>", "<a/><?go x?>", "<?xml version='1.0'?><?go x?><a/>",
            "<?xml-stylesheet href='x'?><a/>", "<!-- c --><?xml version='1.0'?><a/>"}) {
        checkRefused(document, "processing instruction");
    }
    CHECK(readXml("<a b='&lt;?go?&gt;'><!-- <?go?> --></a>").ok());
}

TEST_CASE("only UTF-8 is read")
{
    CHECK(readXml("<a>\xC3\xA4</a>").ok());
    CHECK(readXml("\xEF\xBB\xBF<a/>").ok());
    CHECK(readXml("\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?><a/>")
              .ok());
    for (const char* name : {"ISO-8859-1", "UTF-16", "utf-7", "UTF-8 ", "us-ascii", ""}) {
        checkRefused("<?xml version='1.0' encoding='" + std::string(name) + "'?><a/>",
            "encoding other than UTF-8");
    }
    checkRefused(std::string("\xFF\xFE<\0a\0/\0>\0", 10), "encoding other than UTF-8");
    checkRefused(std::string("\xFE\xFF\0<\0a\0/\0>", 10), "encoding other than UTF-8");
    checkRefused(std::string("\0<\0a\0/\0>", 8), "encoding other than UTF-8");
    checkRefused("<a>\xE4</a>", "encoding other than UTF-8");
    checkRefused("<a>\xC0\xBC</a>", "encoding other than UTF-8");
    checkRefused(std::string("<a>\0</a>", 8), "encoding other than UTF-8");
}

TEST_CASE("an XML document may have 1 MiB, a depth of 64, 10,000 nodes and 64 attributes")
{
    const std::string filler(XmlLimits().bytes - 7, 'x');
    CHECK(readXml("<a>" + filler + "</a>").ok());
    checkRefused("<a>" + filler + "x</a>", "larger than 1048576 bytes");

    CHECK(readXml(nested(64)).ok());
    checkRefused(nested(65), "too deep");
    checkRefused(repeated("<a>", 64) + "<b/>" + repeated("</a>", 64), "too deep");
    CHECK(readXml("<r>" + repeated("<a b='>'><c/></a>", 100) + "</r>").ok());

    CHECK(readXml("<r>" + repeated("<a/>", 9'999) + "</r>").ok());
    checkRefused("<r>" + repeated("<a/>", 10'000) + "</r>", "too many nodes");
    checkRefused("<r>" + repeated("<!--c-->", 10'000) + "</r>", "too many nodes");
    checkRefused("<r>" + repeated("<![CDATA[c]]>", 10'000) + "</r>", "too many nodes");

    std::string attributes;
    for (int i = 0; i < 62; ++i)
        attributes += " a" + std::to_string(i) + "='" + std::to_string(i) + "'";
    attributes += " xmlns='urn:a' xmlns:b='urn:b'";
    CHECK(readXml("<r" + attributes + "/>").ok());
    checkRefused("<r" + attributes + " b:c='1'/>", "too many attributes");
}

TEST_CASE("what is not well-formed is refused")
{
    for (const char* document : {"", " ", "text", "<a>", "<a", "<a b='1", "<a></b>", "<a/><b/>",
             "<a b='1' b='2'/>", "<p:a/>", "<a p:b='1'/>", "<a>&unknown;</a>", "<a>&</a>",
             "<a b='<'/>", "<a>&#0;</a>", "<a>\x01</a>", "<a/>text", "<!-- <a/>", "<![CDATA[",
             "<a><![CDATA[x</a>", "<?xml version='1.0'", "<a xmlns:p=''/>",
             "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>", "<a xmlns:p='u&#9;v'/>",
             "<?xml version='1.1'?><a/>", "<?xml encoding='UTF-8'?><a/>"}) {
        CHECK_MESSAGE(!readXml(document).ok(), document);
    }
}

TEST_CASE("a prefixed name as text is understood through the prefixes in scope")
{
    const Element root =
        must(readXml("<a xmlns:p='urn:one'><b> p:Sender\n</b><c xmlns:p='urn:two'>p:x</c>"
                     "<d>q:x</d><e>p:x/y</e><f>p:x:y</f><g>p:</g><h>p:x</h><i>plain</i></a>"));
    CHECK(root.children[0].nameValue == NameValue{"urn:one", "Sender"});
    CHECK(root.children[1].nameValue == NameValue{"urn:two", "x"});
    for (const std::size_t i : {2U, 3U, 4U, 5U, 7U})
        CHECK_FALSE(root.children[i].nameValue.has_value());
    CHECK(root.children[6].nameValue == NameValue{"urn:one", "x"});
}

TEST_CASE("a child is found by its whole name and refused when it occurs twice")
{
    const Element root = must(readXml("<a xmlns='urn:one'><b/><b xmlns='urn:two'/><c/><c/></a>"));
    CHECK(must(root.child({"urn:one", "b"})) == &root.children[0]);
    CHECK(must(root.optionalChild({"urn:two", "b"})) == &root.children[1]);
    CHECK(must(root.optionalChild({"urn:three", "b"})) == nullptr);
    CHECK(contains(messageOf(root.child({"urn:three", "b"})), "has no b"));
    CHECK(contains(messageOf(root.child({"urn:one", "c"})), "more than one c"));
    CHECK_FALSE(root.optionalChild({"urn:one", "c"}).ok());
}
