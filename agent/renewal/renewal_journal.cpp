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

Result<std::vector<model::OrderId>> RenewalJournal::orders() const
{
    const auto names = files_.list(folder_);
    if (!names) return names.error();
    std::vector<model::OrderId> orders;
    for (const auto& name : *names) {
        if (name.size() > suffix.size() && name.ends_with(suffix))
            orders.emplace_back(name.substr(0, name.size() - suffix.size()));
    }
    return orders;
}

Result<std::vector<Renewal>> RenewalJournal::all() const
{
    const auto known = orders();
    if (!known) return known.error();
    std::vector<Renewal> renewals;
    for (const auto& order : *known) {
        auto renewal = load(order);
        if (!renewal) return renewal.error();
        renewals.push_back(*std::move(renewal));
    }
    return renewals;
}

Result<std::vector<std::string>> RenewalJournal::setAsideDamaged()
{
    const auto known = orders();
    if (!known) return known.error();
    std::vector<std::string> damaged;
    for (const auto& order : *known) {
        const auto renewal = load(order);
        const bool unreadable = !renewal && (renewal.error().kind == ErrorKind::Corrupt ||
                                                renewal.error().kind == ErrorKind::NotFound);
        if (renewal) continue;
        if (!unreadable) return renewal.error();
        const auto aside = pathOf(order).string() + ".damaged";
        if (auto moved = files_.rename(pathOf(order), aside); !moved) return moved.error();
        damaged.push_back(renewal.error().message + "; it is kept as " + aside);
    }
    return damaged;
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
