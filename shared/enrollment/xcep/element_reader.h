#pragma once

#include "shared/base/result.h"
#include "shared/enrollment/soap/namespaces.h"
#include "shared/enrollment/soap/xml_values.h"

#include <optional>
#include <string_view>

namespace perennial::enrollment::xcep {

// Reads the values of one element's children into places, and remembers the first error.
class ElementReader {
public:
    explicit ElementReader(const soap::Element& element) : element_(element) {}

    template <class T>
    ElementReader& required(
        std::string_view local, T& place, Result<T> (*read)(const soap::Element&))
    {
        if (!error_) take(soap::readRequired<T>(element_, name(local), read), place);
        return *this;
    }

    template <class T>
    ElementReader& optional(
        std::string_view local, std::optional<T>& place, Result<T> (*read)(const soap::Element&))
    {
        if (!error_) take(soap::readOptional<T>(element_, name(local), read), place);
        return *this;
    }

    // The element must be there; `read` gets it.
    template <class Read>
    ElementReader& inside(std::string_view local, Read read)
    {
        if (error_) return *this;
        const auto child = element_.child(name(local));
        if (!child) {
            error_ = child.error();
        } else if (Status status = read(**child); !status) {
            error_ = status.error();
        }
        return *this;
    }

    // `read` gets each item of a list; a missing or nil list has none.
    template <class Read>
    ElementReader& items(std::string_view local, std::string_view itemLocal, Read read)
    {
        if (error_) return *this;
        const auto list = element_.optionalChild(name(local));
        if (!list) {
            error_ = list.error();
            return *this;
        }
        if (*list == nullptr || (*list)->isNil()) return *this;
        for (const soap::Element* item : (*list)->childrenNamed(name(itemLocal))) {
            if (Status status = read(*item); !status) {
                error_ = status.error();
                break;
            }
        }
        return *this;
    }

    // As inside(), but passes over a missing or nil element.
    template <class Read>
    ElementReader& insideOptional(std::string_view local, Read read)
    {
        if (error_) return *this;
        const auto child = element_.optionalChild(name(local));
        if (!child) {
            error_ = child.error();
        } else if (*child != nullptr && !(*child)->isNil()) {
            if (Status status = read(**child); !status) error_ = status.error();
        }
        return *this;
    }

    Status status() const { return error_ ? Status(*error_) : Status(); }

private:
    static constexpr soap::Name name(std::string_view local)
    {
        return {soap::space::policy, local};
    }

    template <class T>
    void take(Result<T> result, T& place)
    {
        if (result) {
            place = std::move(result).value();
        } else {
            error_ = result.error();
        }
    }

    const soap::Element& element_;
    std::optional<Error> error_;
};

} // namespace perennial::enrollment::xcep
