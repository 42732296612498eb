#pragma once

#include "shared/http/server/connection.h"

#include <memory>
#include <mutex>
#include <unordered_map>

namespace perennial::http {

// Every open connection. What comes here from other threads than a connection's own goes through
// one lock, so that no socket is touched after it was closed.
class ConnectionTable {
public:
    explicit ConnectionTable(std::size_t limit) : limit_(limit) {}

    // Null when the table is full of connections that are busy; then the socket is closed.
    Connection* add(std::unique_ptr<Connection> connection);
    void remove(const Connection* connection);
    void expireLate(std::chrono::milliseconds now);
    std::size_t takeTurnedAway(); // how many since the last time

private:
    bool cutOneIdle();

    std::size_t limit_;
    std::mutex mutex_;
    std::unordered_map<const Connection*, std::unique_ptr<Connection>> open_;
    std::size_t turnedAway_ = 0;
};

} // namespace perennial::http
