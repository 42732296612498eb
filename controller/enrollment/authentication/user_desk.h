#pragma once

#include "controller/enrollment/authentication/users.h"
#include "controller/enrollment/storage/enrollment_store.h"

namespace perennial::enrollment::server {

// Changes of the file of users, for an administrator. Who may ask for what is a right of the
// authority, so each is an event with AD CS's 4882 (permissions changed), on disk before it counts.
class UserDesk {
public:
    // `by`: the administrator; "local" on the machine itself.
    UserDesk(HeldUsers& users, EnrollmentStore& store, const Clock& clock)
        : users_(users), store_(store), clock_(clock)
    {
    }
    Result<UserChange> put(const std::string& by, const std::string& name, const Secret& password,
        const std::set<std::string>& groups);
    Result<UserChange> remove(const std::string& by, const std::string& name);

private:
    RecordChange recordOf(const std::string& by);

    HeldUsers& users_;
    EnrollmentStore& store_;
    const Clock& clock_;
};

} // namespace perennial::enrollment::server
