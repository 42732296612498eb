#pragma once

#include "shared/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::enrollment::soap {

// An expanded XML name. In the product these are the constants of namespaces.h.
struct Name {
    std::string_view space; // namespace URI, empty for none
    std::string_view local;
};

struct Attribute {
    std::string space;
    std::string local;
    std::string value;
};

// The text of an element that holds a prefixed name, such as soap:Value "s:Sender".
struct NameValue {
    std::string space;
    std::string local;
    friend bool operator==(const NameValue&, const NameValue&) = default;
};

// One XML element with everything below it. Comments are dropped; `text` is the character data that
// stands directly in the element, in one piece.
struct Element {
    std::string space;
    std::string local;
    std::vector<Attribute> attributes;
    std::vector<Element> children;
    std::string text;
    std::optional<NameValue> nameValue; // set when the text is prefix:local with a known prefix

    bool is(const Name& name) const { return space == name.space && local == name.local; }
    const std::string* attribute(const Name& name) const; // nullptr when absent
    bool isNil() const; // xsi:nil or, as the MS-XCEP examples have it, nil without a namespace
    std::string strippedText() const; // without XML white space at both ends
    std::vector<const Element*> childrenNamed(const Name& name) const;
    // Exactly one child of that name: InvalidInput when it is missing or repeated.
    Result<const Element*> child(const Name& name) const;
    // At most one; nullptr when missing.
    Result<const Element*> optionalChild(const Name& name) const;
};

// For building.
Element makeElement(const Name& name);
Element makeElement(const Name& name, std::string_view text);
Element makeNil(const Name& name); // xsi:nil="true"
void setAttribute(Element& element, const Name& name, std::string_view value);
// The child where it now stands; the reference is good until the parent gets its next child.
Element& append(Element& parent, Element child);

bool isXmlSpace(char character); // space, tab, CR, LF
std::string strip(std::string_view text);

} // namespace perennial::enrollment::soap
