#pragma once

#include "shared/base/json.h"
#include "shared/http/server/http_server.h"

#include <optional>
#include <string>

namespace perennial::controller {

// Where an item stands in a list's order: the same for ever, so that a page goes on where the last
// one ended, whatever was added or removed meanwhile.
struct PageKey {
    std::int64_t number = 0;
    std::string first;
    std::string second;
    friend auto operator<=>(const PageKey&, const PageKey&) = default;
};

// `limit` and `cursor` of a call for a list. A cursor is opaque: the list's name and the last
// item's key, in base64url. One of another list, or one that was changed, is InvalidInput.
struct Page {
    static constexpr std::int64_t usual = 100;
    static constexpr std::int64_t most = 1000;

    std::string list;
    std::size_t limit = 0;
    std::optional<PageKey> after;

    static Result<Page> of(const http::Call& call, const std::string& list);
    std::string cursorAfter(const PageKey& last) const;
};

// {"items": [...], "next": ...}. Takes items until the page is full; "next" is there when one more
// came.
class PageOfItems {
public:
    explicit PageOfItems(const Page& page) : page_(page) { body_["items"] = Json(Json::Array{}); }

    bool isFull() const { return body_.find("next") != nullptr; }
    void add(const PageKey& key, Json item);
    Json take() { return std::move(body_); }

private:
    const Page& page_;
    PageKey last_;
    Json body_;
};

std::string queryText(const http::Call& call, const std::string& name);
Result<std::int64_t> queryNumber(const http::Call& call, const std::string& name,
    std::int64_t otherwise, std::int64_t least, std::int64_t most);

} // namespace perennial::controller
