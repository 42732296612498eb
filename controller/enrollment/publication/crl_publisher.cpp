#include "controller/enrollment/publication/crl_publisher.h"

#include <algorithm>

namespace perennial::enrollment::server {

namespace {

constexpr Duration clockSkew = std::chrono::minutes(10); // clients with a late clock

std::vector<x509::RevokedCertificate> entriesOf(const std::vector<RevocationRecord>& records)
{
    std::vector<x509::RevokedCertificate> entries;
    for (const auto& record : records)
        entries.push_back({record.serial, record.revokedAt, record.reason});
    return entries;
}

PublishedList factsOf(const RevocationListRecord& record, const x509::RevocationList& list)
{
    return {record.number, list.thisUpdate(), record.nextPublish, record.lastChange};
}

void describe(Json& event, const char* which, const x509::RevocationList& list)
{
    event[which]["number"] = list.number();
    event[which]["entries"] = static_cast<std::int64_t>(list.revoked().size());
    event[which]["next_update"] = toRfc3339(list.nextUpdate());
}

} // namespace

Status CrlPublisher::open(TimePoint now)
{
    const std::lock_guard lock(publishing_);
    if (auto made = files_.makeFolder(folder_, 0755); !made) return made;
    if (auto loaded = load(); !loaded) return loaded;
    for (const auto* file : {published::baseList, published::deltaList}) {
        if (auto taken = takeOver(folder_ + "/" + file, now); !taken) return taken;
    }
    const auto last = store_.lastChange();
    if (!last) return last.error();
    facts_.lastChange = *last;
    return {};
}

Status CrlPublisher::load()
{
    Lists lists;
    for (const auto* kind : {"base", "delta"}) {
        const auto record = store_.latestList(kind);
        if (!record) return record.error();
        if (!*record) continue;
        auto list = x509::RevocationList::fromDer((*record)->der);
        if (!list) return list.error().in("a stored CRL");
        lastNumber_ = std::max(lastNumber_, (*record)->number);
        // Of another authority, after its key was changed: the numbers go on, the list does not.
        if (!list->isSignedBy(authority_.certificate())) continue;
        if (kind == std::string_view("base")) {
            facts_.base = factsOf(**record, *list);
            lists.base = *std::move(list);
        } else if (facts_.base && list->baseNumber() == facts_.base->number) {
            facts_.delta = factsOf(**record, *list);
            lists.delta = *std::move(list);
        }
    }
    const std::lock_guard lock(mutex_);
    lists_ = std::move(lists);
    return {};
}

Status CrlPublisher::takeOver(const std::string& file, TimePoint now)
{
    if (!files_.inspect(file)) return {};
    const auto der = files_.read(file, x509::RevocationList::sizeLimit);
    if (!der) return der.error();
    const auto list = x509::RevocationList::fromDer(*der);
    if (!list || !list->isSignedBy(authority_.certificate())) {
        log_.warning(file + " is no CRL of this authority and will be replaced");
        return {};
    }
    if (list->number() <= lastNumber_) return {};
    log_.warning(file + " is newer than the database, which was restored: taking over from it");
    lastNumber_ = list->number();
    facts_.base.reset(); // a new one is due at once
    for (const auto& entry : list->revoked()) {
        const auto known = store_.find(entry.serial);
        if (!known) return known.error();
        if (*known && (*known)->reason == entry.reason) continue;
        Json event;
        event["serial"] = entry.serial;
        event["reason"] = x509::nameOf(entry.reason);
        event["decided_by"] = "a published CRL";
        event["adcs_event"] = 4870;
        if (auto put = store_.put({entry.serial, entry.reason, entry.revokedAt, "a published CRL",
                                      authority_.certificate().notAfter(), 0},
                "certificate.revoked", now, event);
            !put)
            return put;
    }
    return {};
}

Status CrlPublisher::publishDue(TimePoint now)
{
    const std::lock_guard lock(publishing_);
    const auto last = store_.lastChange();
    if (!last) return last.error();
    facts_.lastChange = *last;
    const auto due = decideDue(facts_, settings_, now);
    return due == Due::Nothing ? Status() : publishLocked(due, "timer", now);
}

Status CrlPublisher::publish(Due what, const std::string& by, TimePoint now)
{
    const std::lock_guard lock(publishing_);
    if (what == Due::Delta && !settings_.delta)
        return Error{ErrorKind::Conflict, "no delta CRLs are configured"};
    return publishLocked(facts_.base ? what : Due::Base, by, now);
}

Result<x509::RevocationList> CrlPublisher::makeBase(std::int64_t number, TimePoint now)
{
    // RFC 5280 3.3: an entry stays until one CRL after the certificate's end has had it.
    const auto since = facts_.base ? facts_.base->thisUpdate : now;
    auto records = store_.all(std::min(since, now), 0);
    if (!records) return records.error();
    std::erase_if(*records, [](const RevocationRecord& record) { return !record.isRevoked(); });
    x509::RevocationListContent content;
    content.number = number;
    content.thisUpdate = now - clockSkew;
    content.nextPublish = now + settings_.base.period;
    content.nextUpdate = *content.nextPublish + settings_.base.overlap;
    if (settings_.delta && !settings_.url.empty())
        content.freshestUrls = {settings_.addressOf(published::deltaList)};
    content.revoked = entriesOf(*records);
    return x509::RevocationList::make(content, authority_.certificate(), authority_.responseKey());
}

Result<x509::RevocationList> CrlPublisher::makeDelta(
    std::int64_t number, const PublishedList& base, TimePoint now)
{
    const auto records = store_.all(TimePoint{}, base.lastChange);
    if (!records) return records.error();
    x509::RevocationListContent content;
    content.number = number;
    content.baseNumber = base.number;
    content.thisUpdate = now - clockSkew;
    content.nextPublish = now + settings_.delta->period;
    content.nextUpdate = *content.nextPublish + settings_.delta->overlap;
    content.revoked = entriesOf(*records);
    return x509::RevocationList::make(content, authority_.certificate(), authority_.responseKey());
}

Status CrlPublisher::publishLocked(Due what, const std::string& by, TimePoint now)
{
    const auto last = store_.lastChange(); // before the entries are read: more may come meanwhile
    if (!last) return last.error();
    const auto number = nextNumber(lastNumber_, now);
    PublicationFacts facts = facts_;
    facts.lastChange = *last;
    Lists lists = current();
    std::vector<RevocationListRecord> records;
    Json event;
    event["decided_by"] = by;
    event["adcs_event"] = 4872;
    if (what == Due::Base) {
        auto made = makeBase(number, now);
        if (!made) return made.error();
        records.push_back({"base", number, now + settings_.base.period, *last, made->toDer()});
        facts.base = factsOf(records.back(), *made);
        facts.delta.reset();
        describe(event, "base", *made);
        lists = {*std::move(made), std::nullopt};
    }
    // One with every base CRL too, of the same number (RFC 5280 5.2.4).
    if (settings_.delta) {
        auto made = makeDelta(number, *facts.base, now);
        if (!made) return made.error();
        records.push_back({"delta", number, now + settings_.delta->period, *last, made->toDer()});
        facts.delta = factsOf(records.back(), *made);
        describe(event, "delta", *made);
        lists.delta = *std::move(made);
    }
    if (auto stored = store_.addLists(records, now, event); !stored) return stored;
    facts_ = facts;
    lastNumber_ = number;
    writeCopies(lists);
    log_.info("CRL " + std::to_string(number) + " published");
    const std::lock_guard lock(mutex_);
    lists_ = std::move(lists);
    return {};
}

void CrlPublisher::writeCopies(const Lists& lists)
{
    const auto write = [&](const char* name, const std::optional<x509::RevocationList>& list) {
        if (!list) return;
        const auto done = files_.replace(folder_ + "/" + name, list->toDer(), {0644, {}, {}});
        if (!done) log_.error("the copy of a CRL stays old: " + done.error().message);
    };
    write(published::baseList, lists.base);
    write(published::deltaList, lists.delta);
}

CrlPublisher::Lists CrlPublisher::current() const
{
    const std::lock_guard lock(mutex_);
    return lists_;
}

} // namespace perennial::enrollment::server
