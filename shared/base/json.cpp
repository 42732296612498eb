#include "shared/base/json.h"

#include "shared/base/encoding.h"

#include <array>
#include <charconv>
#include <cmath>

namespace perennial {

namespace {

// RFC 8259 section 7: only what must be escaped is, in its shortest form.
void writeText(std::string& out, std::string_view text)
{
    out += '"';
    for (const char character : text) {
        switch (character) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\b': out += "\\b"; break;
        case '\f': out += "\\f"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (static_cast<unsigned char>(character) < 0x20) {
                out += "\\u00" + toHex({&character, 1});
            } else {
                out += character;
            }
        }
    }
    out += '"';
}

// The shortest digits that read back as the same double, and always recognisable as one.
std::string numberText(double value)
{
    if (!std::isfinite(value)) return "null"; // JSON has no other word for it
    if (value == 0) return "0.0";             // minus zero equals zero
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    std::string text(buffer.data(), end);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

class Writer {
public:
    explicit Writer(bool pretty) : pretty_(pretty) {}

    void write(const Json& json)
    {
        if (const auto* boolean = json.boolean()) {
            out_ += *boolean ? "true" : "false";
        } else if (const auto* integer = json.integer()) {
            out_ += std::to_string(*integer);
        } else if (const auto* string = json.string()) {
            writeText(out_, *string);
        } else if (const auto* array = json.array()) {
            writeArray(*array);
        } else if (const auto* object = json.object()) {
            writeObject(*object);
        } else if (const auto number = json.number()) {
            out_ += numberText(*number);
        } else {
            out_ += "null";
        }
    }
    std::string take() { return std::move(out_); }

private:
    void writeArray(const Json::Array& array)
    {
        begin('[');
        for (const Json& element : array) {
            separate(&element == array.data());
            write(element);
        }
        end(']', array.empty());
    }
    void writeObject(const Json::Object& object)
    {
        begin('{');
        bool first = true;
        for (const auto& [name, value] : object) {
            separate(first);
            first = false;
            writeText(out_, name);
            out_ += pretty_ ? ": " : ":";
            write(value);
        }
        end('}', object.empty());
    }
    void begin(char bracket)
    {
        out_ += bracket;
        ++depth_;
    }
    void separate(bool first)
    {
        if (!first) out_ += ',';
        newLine();
    }
    void end(char bracket, bool empty)
    {
        --depth_;
        if (!empty) newLine();
        out_ += bracket;
    }
    void newLine()
    {
        if (pretty_) out_.append("\n").append(depth_ * 2, ' ');
    }

    bool pretty_;
    std::size_t depth_ = 0;
    std::string out_;
};

} // namespace

std::string Json::canonical() const
{
    Writer writer(false);
    writer.write(*this);
    return writer.take();
}

std::string Json::pretty() const
{
    Writer writer(true);
    writer.write(*this);
    return writer.take();
}

std::optional<double> Json::number() const
{
    if (const auto* whole = integer()) return static_cast<double>(*whole);
    if (const auto* real = std::get_if<double>(&value_)) return *real;
    return std::nullopt;
}

const Json* Json::find(std::string_view member) const
{
    const Object* members = object();
    if (members == nullptr) return nullptr;
    const auto found = members->find(std::string(member));
    return found == members->end() ? nullptr : &found->second;
}

Json& Json::operator[](const std::string& member)
{
    if (object() == nullptr) value_ = Object{};
    return std::get<Object>(value_)[member];
}

void Json::push(Json element)
{
    if (array() == nullptr) value_ = Array{};
    std::get<Array>(value_).push_back(std::move(element));
}

} // namespace perennial
