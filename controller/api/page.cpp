#include "controller/api/page.h"

#include "shared/base/encoding.h"

#include <charconv>

namespace perennial::controller {

namespace {

Error badCursor()
{
    return {ErrorKind::InvalidInput,
        "cursor must be the \"next\" of a page of this list, as it was given"};
}

Result<PageKey> keyOf(const std::string& cursor, const std::string& list)
{
    const auto bytes = fromBase64Url(cursor);
    if (!bytes) return badCursor();
    const auto json = Json::parse(*bytes, {4096, 2, 10});
    const auto* parts = json ? json->array() : nullptr;
    if (parts == nullptr || parts->size() != 4) return badCursor();
    const auto* number = (*parts)[1].integer();
    const auto* first = (*parts)[2].string();
    const auto* second = (*parts)[3].string();
    if ((*parts)[0] != Json(list) || number == nullptr || first == nullptr || second == nullptr)
        return badCursor();
    return PageKey{*number, *first, *second};
}

} // namespace

Result<Page> Page::of(const http::Call& call, const std::string& list)
{
    const auto limit = queryNumber(call, "limit", usual, 1, most);
    if (!limit) return limit.error();
    Page page{list, static_cast<std::size_t>(*limit), std::nullopt};
    if (const auto cursor = queryText(call, "cursor"); !cursor.empty()) {
        auto key = keyOf(cursor, list);
        if (!key) return key.error();
        page.after = *std::move(key);
    }
    return page;
}

std::string Page::cursorAfter(const PageKey& last) const
{
    return toBase64Url(Json(Json::Array{list, last.number, last.first, last.second}).canonical());
}

void PageOfItems::add(const PageKey& key, Json item)
{
    if (isFull()) return;
    if (body_["items"].array()->size() == page_.limit) {
        body_["next"] = page_.cursorAfter(last_);
        return;
    }
    last_ = key;
    body_["items"].push(std::move(item));
}

std::string queryText(const http::Call& call, const std::string& name)
{
    const auto found = call.query.find(name);
    return found == call.query.end() ? std::string() : found->second;
}

Result<std::int64_t> queryNumber(const http::Call& call, const std::string& name,
    std::int64_t otherwise, std::int64_t least, std::int64_t most)
{
    const auto text = queryText(call, name);
    if (text.empty()) return otherwise;
    std::int64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value < least ||
        value > most)
        return Error{ErrorKind::InvalidInput, name + " must be a number between " +
                                                  std::to_string(least) + " and " +
                                                  std::to_string(most)};
    return value;
}

} // namespace perennial::controller
