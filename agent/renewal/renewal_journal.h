#pragma once

#include "agent/renewal/renewal.h"
#include "shared/base/file_system.h"

#include <filesystem>
#include <optional>

namespace perennial::agent {

// Remembers each renewal and how far it got, so that a restart goes on from there: one file an
// order.
class RenewalJournal {
public:
    RenewalJournal(FileSystem& files, std::filesystem::path folder)
        : files_(files), folder_(std::move(folder))
    {
    }

    Status save(const Renewal& renewal);
    Result<Renewal> load(const model::OrderId& order) const; // NotFound for an unknown order
    Result<std::vector<Renewal>> all() const;                // by order id; Corrupt names the file
    // Records that cannot be read get another name, so that they stop no other renewal: what was
    // wrong with each.
    Result<std::vector<std::string>> setAsideDamaged();
    // Finished renewals are kept for a week, so that a repeated order is recognised.
    Status forgetFinishedBefore(TimePoint time);

private:
    Result<std::vector<model::OrderId>> orders() const;
    std::filesystem::path pathOf(const model::OrderId& order) const
    {
        return folder_ / (order.text() + ".renewal");
    }

    FileSystem& files_;
    std::filesystem::path folder_;
};

} // namespace perennial::agent
