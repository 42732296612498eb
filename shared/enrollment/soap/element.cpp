#include "shared/enrollment/soap/element.h"

#include "shared/enrollment/soap/namespaces.h"

#include <algorithm>

namespace perennial::enrollment::soap {

bool isXmlSpace(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

std::string strip(std::string_view text)
{
    while (!text.empty() && isXmlSpace(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && isXmlSpace(text.back()))
        text.remove_suffix(1);
    return std::string(text);
}

const std::string* Element::attribute(const Name& name) const
{
    const auto found = std::find_if(attributes.begin(), attributes.end(),
        [&](const Attribute& one) { return one.space == name.space && one.local == name.local; });
    return found == attributes.end() ? nullptr : &found->value;
}

bool Element::isNil() const
{
    for (const Name& name : {Name{space::instance, "nil"}, Name{"", "nil"}}) {
        if (const std::string* value = attribute(name)) {
            const std::string stripped = strip(*value);
            return stripped == "true" || stripped == "1";
        }
    }
    return false;
}

std::string Element::strippedText() const { return strip(text); }

std::vector<const Element*> Element::childrenNamed(const Name& name) const
{
    std::vector<const Element*> found;
    for (const Element& child : children) {
        if (child.is(name)) found.push_back(&child);
    }
    return found;
}

Result<const Element*> Element::child(const Name& name) const
{
    auto found = optionalChild(name);
    if (found && *found == nullptr) {
        return Error{
            ErrorKind::InvalidInput, "element " + local + " has no " + std::string(name.local)};
    }
    return found;
}

Result<const Element*> Element::optionalChild(const Name& name) const
{
    const auto found = childrenNamed(name);
    if (found.size() > 1) {
        return Error{ErrorKind::InvalidInput,
            "element " + local + " has more than one " + std::string(name.local)};
    }
    return found.empty() ? nullptr : found.front();
}

Element makeElement(const Name& name) { return makeElement(name, ""); }

Element makeElement(const Name& name, std::string_view text)
{
    Element element;
    element.space = name.space;
    element.local = name.local;
    element.text = text;
    return element;
}

Element makeNil(const Name& name)
{
    Element element = makeElement(name);
    setAttribute(element, {space::instance, "nil"}, "true");
    return element;
}

void setAttribute(Element& element, const Name& name, std::string_view value)
{
    element.attributes.push_back(
        {std::string(name.space), std::string(name.local), std::string(value)});
}

Element& append(Element& parent, Element child)
{
    return parent.children.emplace_back(std::move(child));
}

} // namespace perennial::enrollment::soap
