#pragma once

#include "controller/enrollment/authentication/caller.h"
#include "controller/enrollment/authentication/directory_settings.h"
#include "shared/base/log.h"
#include "shared/ldap/connection.h"

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace perennial::enrollment::server {

// Judges user names and passwords by binding to a directory. Used by many threads at once; each
// call waits for the servers, up to the time limits of the settings.
class Directory {
public:
    // Reads the password of search.bind_dn, in a file that only its owner may read. Asks nobody
    // yet.
    static Result<std::unique_ptr<Directory>> open(
        const DirectorySettings& settings, const Log& log);

    // The caller is named as the directory writes the name, whatever the spelling that came.
    // PermissionDenied: the directory says no; it costs the same questions whether the name exists
    // or not. Unavailable: no server could say; it is never taken for a wrong password.
    Result<Caller> authenticate(const std::string& name, const Secret& password, TimePoint now);

    // Groups and names of somebody whom Kerberos has proven, into `proven`. PermissionDenied: no
    // entry has the principal letter for letter, or several have it.
    Result<Caller> describe(Caller proven, const std::string& principal, TimePoint now);

private:
    Directory(const DirectorySettings& settings, std::vector<x509::Certificate> anchors,
        Secret searchPassword, const Log& log);
    // The answer of the first server that has one.
    Result<Caller> askServers(
        TimePoint now, const std::function<Result<Caller>(ldap::Connection&)>& ask);
    // A user's entry, bound to with his password.
    Result<ldap::Entry> bindAs(
        ldap::Connection& connection, const std::string& name, const Secret& password) const;
    Result<ldap::Entry> findAndBind(
        ldap::Connection& connection, const std::string& name, const Secret& password) const;
    Status bindForSearch(ldap::Connection& connection) const;
    Result<Caller> judge(
        ldap::Connection& connection, const std::string& name, const Secret& password) const;
    Result<Caller> lookUp(
        ldap::Connection& connection, const Caller& proven, const std::string& principal) const;
    Status addGroups(ldap::Connection& connection, const std::string& dn, Caller& caller) const;
    std::vector<std::string> attributesOfUsers() const;
    std::vector<std::size_t> serversInOrder(TimePoint now);
    bool remember(std::size_t server, TimePoint failedAt); // whether a failure is news

    const DirectorySettings settings_;
    const std::vector<x509::Certificate> anchors_;
    const Secret searchPassword_;
    const Log& log_;
    std::mutex mutex_;
    std::vector<TimePoint> failedAt_; // of each server; one that failed just now is asked last
};

} // namespace perennial::enrollment::server
