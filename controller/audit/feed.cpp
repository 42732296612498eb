#include "controller/audit/feed.h"

#include "shared/x509/digest.h"

#include <algorithm>
#include <charconv>

namespace perennial::controller {

namespace {

constexpr std::size_t idSize = 16;
constexpr std::size_t numberSize = 8;
constexpr std::size_t macSize = 16;
constexpr std::size_t cursorLimit = 128;

Error refusal(const std::string& what) { return {ErrorKind::InvalidInput, what}; }

Bytes bigEndian(std::int64_t number)
{
    Bytes bytes;
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes += static_cast<char>((static_cast<std::uint64_t>(number) >> shift) & 0xFFU);
    return bytes;
}

std::int64_t numberFrom(std::string_view bytes)
{
    std::uint64_t number = 0;
    for (const char byte : bytes)
        number = number << 8U | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(number);
}

bool isNumber(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                [](char digit) { return digit >= '0' && digit <= '9'; });
}

} // namespace

std::string encodeCursor(const FeedCursor& cursor, std::string_view secret)
{
    const Bytes content = cursor.logId + bigEndian(cursor.sequence);
    return toBase64Url(content + x509::hmacSha256(secret, content).substr(0, macSize));
}

Result<FeedCursor> decodeCursor(std::string_view text, std::string_view secret)
{
    if (text.size() > cursorLimit) return refusal("the cursor is too long");
    const auto bytes = fromBase64Url(text);
    if (!bytes || bytes->size() != idSize + numberSize + macSize || toBase64Url(*bytes) != text)
        return refusal("this is no cursor of an audit feed");
    const auto content = bytes->substr(0, idSize + numberSize);
    const auto mac = x509::hmacSha256(secret, content).substr(0, macSize);
    if (!x509::equalInConstantTime(mac, bytes->substr(idSize + numberSize)))
        return refusal("the cursor was changed, or is of another log");
    return FeedCursor{content.substr(0, idSize), numberFrom(content.substr(idSize))};
}

Feed::Feed(const AuditLog& log)
    : log_(log), logId_(x509::sha256(log.publicKey()).substr(0, idSize)),
      secret_(log.secretFor("perennial audit feed cursor"))
{
}

Result<FeedPage> Feed::read(std::string_view cursor, std::size_t limit) const
{
    const auto decoded = decodeCursor(cursor, secret_);
    if (!decoded) return decoded.error();
    if (decoded->logId != logId_) return refusal("the cursor is of another log");
    if (decoded->sequence < 0 || decoded->sequence > log_.size())
        return refusal("the cursor is ahead of the log, which has " + std::to_string(log_.size()) +
                       " events: it was restored from a backup. Start again with start=<seq>");
    return page(decoded->sequence, limit);
}

Result<FeedPage> Feed::readFrom(std::string_view start, std::size_t limit) const
{
    if (start == "earliest") return page(0, limit);
    if (start == "latest") return page(log_.size(), limit);
    if (isNumber(start)) {
        std::int64_t sequence = 0;
        const auto* end = start.data() + start.size();
        const auto parsed = std::from_chars(start.data(), end, sequence);
        if (parsed.ec != std::errc() || sequence > log_.size())
            return refusal(
                "start is ahead of the log, which has " + std::to_string(log_.size()) + " events");
        return page(sequence, limit);
    }
    const auto time = timeFromRfc3339(start);
    if (!time)
        return refusal("start must be earliest, latest, a sequence number or an RFC 3339 time");
    const auto sequence = log_.firstRecordedSince(*time);
    if (!sequence) return sequence.error();
    return page(*sequence, limit);
}

Result<FeedPage> Feed::page(std::int64_t sequence, std::size_t limit) const
{
    if (limit < 1 || limit > mostItems)
        return refusal("limit must be 1 to " + std::to_string(mostItems));
    auto events = log_.read(sequence, limit);
    if (!events) return events.error();
    FeedPage page;
    auto next = sequence;
    for (auto& event : *events) {
        page.items.push_back(std::move(event.canonical));
        next = event.sequence + 1;
    }
    page.checkpoint = log_.checkpoint();
    page.headSequence = log_.size();
    page.hasMore = next < page.headSequence;
    page.nextCursor = encodeCursor({logId_, next}, secret_);
    return page;
}

} // namespace perennial::controller
