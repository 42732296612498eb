#include "agent/renewal/renewal_journal.h"

namespace perennial::agent {

namespace {

constexpr std::string_view suffix = ".renewal";
constexpr std::size_t recordLimit = 4U << 20U;

} // namespace

Status RenewalJournal::save(const Renewal& renewal)
{
    if (!model::isSafeIdentifier(renewal.order.id.text()))
        return Error{ErrorKind::InvalidInput, "an order id that is no file name"};
    const auto json = toJson(renewal);
    if (!json) return json.error();
    // What could not be read again would stop the agent at its next start.
    if (auto readable = renewalFromJson(*json); !readable) return readable.error().in("journal");
    return files_.replace(pathOf(renewal.order.id), json->canonical() + "\n");
}

Result<Renewal> RenewalJournal::load(const model::OrderId& order) const
{
    if (!model::isSafeIdentifier(order.text()))
        return Error{ErrorKind::NotFound, "an order id that is no file name"};
    const auto text = files_.read(pathOf(order), recordLimit);
    if (!text) return text.error();
    Json::Limits limits;
    limits.bytes = recordLimit;
    const auto json = Json::parse(*text, limits);
    auto renewal = json ? renewalFromJson(*json) : Result<Renewal>(json.error());
    if (!renewal)
        return Error{ErrorKind::Corrupt, pathOf(order).string() + ": " + renewal.error().message};
    return renewal;
}

Result<std::vector<Renewal>> RenewalJournal::all() const
{
    const auto names = files_.list(folder_);
    if (!names) return names.error();
    std::vector<Renewal> renewals;
    for (const auto& name : *names) {
        if (name.size() <= suffix.size() ||
            name.compare(name.size() - suffix.size(), suffix.size(), suffix) != 0)
            continue;
        auto renewal = load(model::OrderId(name.substr(0, name.size() - suffix.size())));
        if (!renewal) return renewal.error();
        renewals.push_back(*std::move(renewal));
    }
    return renewals;
}

Status RenewalJournal::forgetFinishedBefore(TimePoint time)
{
    const auto renewals = all();
    if (!renewals) return renewals.error();
    for (const auto& renewal : *renewals) {
        if (!renewal.isDoneWith() || renewal.acceptedAt >= time) continue;
        if (auto removed = files_.remove(pathOf(renewal.order.id)); !removed) return removed;
    }
    return {};
}

} // namespace perennial::agent
