#include "shared/base/encoding.h"
#include "shared/base/json.h"

#include <limits>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>
#include <stdexcept>

namespace perennial {

namespace {

// The parser lets go of its buffers only for what is a std::exception.
struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Builds the value from what Poco's parser meets, and stops it at the first thing we do not take.
class Builder final : public Poco::JSON::Handler {
public:
    explicit Builder(const Json::Limits& limits) : limits_(limits) {}

    Json take() { return std::move(root_); }

    void reset() override {}
    void startObject() override { open(Json::Object{}); }
    void startArray() override { open(Json::Array{}); }
    void endObject() override { open_.pop_back(); }
    void endArray() override { open_.pop_back(); }
    void key(const std::string& name) override
    {
        if (open_.back()->find(name) != nullptr)
            throw Refused("the member \"" + toPrintable(name, 100) + "\" is there twice");
        name_ = name;
    }
    void null() override { add(Json()); }
    void value(int v) override { add(v); }
    void value(unsigned v) override { add(static_cast<std::int64_t>(v)); }
    void value(Poco::Int64 v) override { add(static_cast<std::int64_t>(v)); }
    void value(Poco::UInt64 /*v*/) override { throw Refused("a whole number beyond 64 bits"); }
    void value(const std::string& v) override { add(v); }
    void value(double v) override
    {
        if (v > std::numeric_limits<double>::max() || v < std::numeric_limits<double>::lowest())
            throw Refused("a number out of range");
        add(v);
    }
    void value(bool v) override { add(v); }

private:
    void open(Json container)
    {
        if (open_.size() == limits_.depth)
            throw Refused("nested deeper than " + std::to_string(limits_.depth));
        open_.push_back(&add(std::move(container)));
    }
    Json& add(Json value)
    {
        if (++values_ > limits_.values)
            throw Refused("more than " + std::to_string(limits_.values) + " values");
        if (open_.empty()) return root_ = std::move(value);
        Json& parent = *open_.back();
        // An array moves its elements only while none of them is open.
        if (auto* array = parent.array()) return array->emplace_back(std::move(value));
        return parent[name_] = std::move(value);
    }

    const Json::Limits& limits_;
    Json root_;
    std::vector<Json*> open_; // from the outside in
    std::string name_;
    std::size_t values_ = 0;
};

// Poco 1.11 reads -9223372036854775809 as another number and cuts a member's name at \u0000. Both
// are looked for in the text beforehand.
class Lookout {
public:
    explicit Lookout(std::string_view text) : text_(text) {}

    Status look()
    {
        while (at_ < text_.size()) {
            if (text_[at_] == '"') {
                if (auto status = lookAtString(); !status) return status;
            } else if (isDigit()) {
                if (auto status = lookAtNumber(); !status) return status;
            } else {
                ++at_;
            }
        }
        return {};
    }

private:
    bool isDigit() const { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; }

    Status lookAtString()
    {
        bool zero = false;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] != '\\') continue;
            ++at_;
            if (text_.substr(at_, 5) == "u0000") zero = true;
        }
        ++at_;
        const auto next = text_.find_first_not_of(" \t\r\n", at_);
        if (zero && next != std::string_view::npos && text_[next] == ':')
            return Error{ErrorKind::InvalidInput, "a member's name with a zero character"};
        return {};
    }
    Status lookAtNumber()
    {
        const std::size_t start = at_;
        while (isDigit())
            ++at_;
        const std::string_view digits = text_.substr(start, at_ - start);
        const bool whole = at_ == text_.size() ||
                           std::string_view(".eE").find(text_[at_]) == std::string_view::npos;
        const bool negative = start > 0 && text_[start - 1] == '-';
        const std::string_view most = negative ? "9223372036854775808" : "9223372036854775807";
        const bool tooBig =
            digits.size() > most.size() || (digits.size() == most.size() && digits > most);
        if (whole && tooBig) return Error{ErrorKind::InvalidInput, "a whole number beyond 64 bits"};
        if (whole) return {};
        while (isDigit() || (at_ < text_.size() && std::string_view(".eE+-").find(text_[at_]) !=
                                                       std::string_view::npos))
            ++at_;
        return {};
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

Result<Json> Json::parse(std::string_view text, const Limits& limits)
{
    if (text.size() > limits.bytes) {
        return Error{ErrorKind::InvalidInput,
            "JSON of more than " + std::to_string(limits.bytes) + " bytes"};
    }
    if (!isValidUtf8(text)) return Error{ErrorKind::InvalidInput, "JSON that is not UTF-8"};
    if (auto status = Lookout(text).look(); !status) return status.error().in("JSON");
    try {
        Poco::SharedPtr<Builder> builder(new Builder(limits));
        Poco::JSON::Parser parser(builder);
        parser.setDepth(limits.depth + 1); // ours is met first
        (void)parser.parse(std::string(text));
        return builder->take();
    } catch (const Refused& refused) {
        return Error{ErrorKind::InvalidInput, std::string("JSON: ") + refused.what()};
    } catch (const Poco::Exception& wrong) {
        return Error{ErrorKind::InvalidInput, "JSON: " + toPrintable(wrong.message(), 200)};
    } catch (const std::exception& wrong) {
        return Error{ErrorKind::InvalidInput, "JSON: " + toPrintable(wrong.what(), 200)};
    }
}

} // namespace perennial
