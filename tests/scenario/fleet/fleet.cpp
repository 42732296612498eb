#include "tests/scenario/fleet/fleet.h"

#include "shared/rules/renewal_rules.h"

namespace perennial::test {

namespace {

constexpr Duration unanswered = std::chrono::hours(6);
constexpr Duration finishedKept = std::chrono::days(7);

std::string numbered(std::size_t number)
{
    const auto text = std::to_string(number);
    return std::string(32 - text.size(), '0') + text;
}

} // namespace

Fleet::Member::Member(FleetCa& ca, const Clock& clock, std::size_t number)
    : id("agent-" + numbered(number)), host(ca, "web" + std::to_string(number) + ".example.test"),
      parts(disk, "/state", host, host, clock)
{
    REQUIRE(parts.open());
}

void Fleet::Member::scan(TimePoint now)
{
    REQUIRE(parts.slots.put(scanOf(host, now)));
    const auto inventory = parts.slots.inventory();
    digest = protocol::inventoryDigest(*inventory);
    ends = inventory->slots.front().certificate.notAfter;
}

Fleet::Fleet(std::size_t size, Duration life, const PolicyWords& words) : ca_(clock_, life)
{
    const auto documents = testDocuments(ca_.authority, words);
    auto sent = asSent(documents, 1, start);
    sent.manifest.expires = start + std::chrono::days(3650);
    auto parsed = policy::parseDocuments(documents);
    REQUIRE(parsed.problems.empty());
    policy_ = *parsed.set.findPolicy("web-servers");
    controller_ = std::make_unique<FleetController>(
        controller::PolicySnapshot{sent.manifest, {}, documents, std::move(parsed.set), start});
    for (std::size_t number = 1; number <= size; ++number) {
        auto member = std::make_unique<Member>(ca_, clock_, number);
        REQUIRE(member->parts.desired.adopt(sent, member->id, member->host.name(), start));
        member->scan(start);
        member->alone = rules::autonomousTime(
            member->parts.slots.inventory()->slots.front().certificate, policy_);
        members_[member->id] = agents_.size();
        agents_.push_back(std::move(member));
    }
}

void Fleet::run(Duration time)
{
    for (const auto end = clock_.now() + time; clock_.now() < end;) {
        const auto now = clock_.now();
        const auto hour = static_cast<std::size_t>(ca_.hour());
        if (!controllerIsAway) {
            heard_ = now;
            const auto ordered = controller_->plan(clock_.preciseNow());
            orderedByHour[ca_.hour()] += ordered.size();
            for (const auto& agent : ordered)
                agents_[members_.at(agent)]->busy = true;
        }
        for (std::size_t number = 0; number < agents_.size(); ++number) {
            auto& member = *agents_[number];
            // Who has nothing to say or to do checks in once a day; an order is there at once.
            const bool talks = member.busy || (number + hour) % 24 == 0;
            if (!talks && now < member.alone) continue;
            leastLeft = std::min(leastLeft, member.ends - now);
            if (member.ends <= now) ++expired;
            if (talks && !controllerIsAway) talk(member);
            if (member.busy || now >= member.alone) work(member);
        }
        clock_.advance(std::chrono::hours(1));
    }
}

// A check-in: events, what the controller does not know of the inventory, orders.
void Fleet::talk(Member& member)
{
    if (member.parts.events->pending() > 0) {
        std::int64_t last = 0;
        for (const auto& event : member.parts.events->next(500)) {
            ++told[event.kind];
            controller_->takeEvent(event, clock_.now());
            last = event.agentSequence;
        }
        REQUIRE(member.parts.events->acknowledge(last));
    }
    for (const auto& order : controller_->openOrdersOf(member.id)) {
        REQUIRE(member.parts.desk.take(order, member.parts.events->pending() == 0));
        member.busy = true;
    }
    if (controller_->wantsInventory(member.id, member.digest))
        controller_->takeInventory(
            member.id, *member.parts.slots.inventory(), member.digest, clock_.now());
}

void Fleet::work(Member& member)
{
    if (clock_.now() >= member.alone) {
        const auto alone = clock_.now() - heard_ >= unanswered
                               ? agent::RenewalDesk::Alone::Silence
                               : agent::RenewalDesk::Alone::Patience;
        REQUIRE(member.parts.desk.goAlone(alone, unanswered));
    }
    if (member.parts.desk.advance().ended) {
        member.scan(clock_.now());
        member.alone = rules::autonomousTime(
            member.parts.slots.inventory()->slots.front().certificate, policy_);
        REQUIRE(member.parts.journal.forgetFinishedBefore(clock_.now() - finishedKept));
    }
    member.busy = member.parts.events->pending() > 0 || !member.parts.desk.open().empty();
}

Duration Fleet::shortestLife() const
{
    auto shortest = ca_.life;
    for (const auto& [host, times] : ca_.issued) {
        for (std::size_t i = 1; i < times.size(); ++i)
            shortest = std::min<Duration>(shortest, times[i] - times[i - 1]);
    }
    return shortest;
}

std::size_t Fleet::issued() const
{
    std::size_t all = 0;
    for (const auto& [host, times] : ca_.issued)
        all += times.size();
    return all;
}

} // namespace perennial::test
