#include "shared/http/server/connection_table.h"

namespace perennial::http {

Connection* ConnectionTable::add(std::unique_ptr<Connection> connection)
{
    const std::lock_guard lock(mutex_);
    // The place of an idle one is free once its own thread has seen that it was cut: for that
    // moment there is one more than the limit.
    if (open_.size() >= limit_ && !cutOneIdle()) {
        ++turnedAway_;
        return nullptr;
    }
    Connection* const added = connection.get();
    open_.emplace(added, std::move(connection));
    return added;
}

bool ConnectionTable::cutOneIdle()
{
    Connection* longest = nullptr;
    std::chrono::milliseconds until{};
    for (const auto& [key, connection] : open_) {
        const auto idle = connection->idleUntil();
        if (idle && (longest == nullptr || *idle < until)) {
            longest = connection.get();
            until = *idle;
        }
    }
    if (longest == nullptr) return false;
    longest->cut();
    return true;
}

void ConnectionTable::remove(const Connection* connection)
{
    std::unique_ptr<Connection> closing; // closed outside the lock
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(connection);
    if (found == open_.end()) return;
    closing = std::move(found->second);
    open_.erase(found);
}

void ConnectionTable::expireLate(std::chrono::milliseconds now)
{
    const std::lock_guard lock(mutex_);
    for (const auto& [key, connection] : open_) {
        if (connection->isLate(now)) connection->expire();
    }
}

std::size_t ConnectionTable::takeTurnedAway()
{
    const std::lock_guard lock(mutex_);
    return std::exchange(turnedAway_, 0);
}

} // namespace perennial::http
