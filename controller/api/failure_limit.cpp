#include "controller/api/failure_limit.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <utility>

namespace perennial::controller {

void FailureLimit::count(Account& account, const Rate& rate, Moment now)
{
    if (account.forgotten <= now) account = {now, false};
    account.forgotten += rate.another;
}

FailureLimit::Verdict FailureLimit::judge(Account& account, const Rate& rate, Moment now)
{
    const auto most = now + rate.another * (rate.atOnce - 1);
    if (account.forgotten <= most) return {};
    Verdict refused{std::chrono::ceil<std::chrono::seconds>(account.forgotten - most), false};
    refused.first = !std::exchange(account.told, true);
    return refused;
}

FailureLimit::Verdict FailureLimit::ask(const std::string& address, Moment now)
{
    const std::lock_guard lock(mutex_);
    const auto found = accounts_.find(networkOf(address));
    if (found != accounts_.end()) {
        const auto verdict = judge(found->second, settings_.perAddress, now);
        if (!verdict.allows()) return verdict;
    }
    return judge(all_, settings_.inAll, now);
}

void FailureLimit::failed(const std::string& address, Moment now)
{
    const std::lock_guard lock(mutex_);
    count(all_, settings_.inAll, now);
    const auto network = networkOf(address);
    auto found = accounts_.find(network);
    if (found == accounts_.end()) {
        makeRoom(now);
        if (accounts_.size() >= settings_.addresses) return;
        found = accounts_.emplace(network, Account{}).first;
    }
    count(found->second, settings_.perAddress, now);
}

void FailureLimit::makeRoom(Moment now)
{
    if (accounts_.size() < settings_.addresses) return;
    std::erase_if(accounts_, [now](const auto& entry) { return entry.second.forgotten <= now; });
}

std::size_t FailureLimit::remembered() const
{
    const std::lock_guard lock(mutex_);
    return accounts_.size();
}

std::string networkOf(const std::string& address)
{
    in6_addr bytes{};
    if (::inet_pton(AF_INET6, address.c_str(), &bytes) != 1 || IN6_IS_ADDR_V4MAPPED(&bytes))
        return address;
    std::memset(&bytes.s6_addr[8], 0, 8);
    char text[INET6_ADDRSTRLEN] = {};
    return ::inet_ntop(AF_INET6, &bytes, text, sizeof text) == nullptr ? address : text;
}

} // namespace perennial::controller
