#include "controller/enrollment/authentication/user_desk.h"

namespace perennial::enrollment::server {

namespace {

constexpr int adcsPermissionsChanged = 4882;

const char* eventOf(UserChange::Kind kind)
{
    switch (kind) {
    case UserChange::Kind::Added: return "user.added";
    case UserChange::Kind::Changed: return "user.changed";
    case UserChange::Kind::Removed: return "user.removed";
    case UserChange::Kind::Failed: break;
    }
    return "user.change_failed";
}

} // namespace

Result<UserChange> UserDesk::put(const std::string& by, const std::string& name,
    const Secret& password, const std::set<std::string>& groups)
{
    return users_.put(name, password, groups, recordOf(by));
}

Result<UserChange> UserDesk::remove(const std::string& by, const std::string& name)
{
    return users_.remove(name, recordOf(by));
}

RecordChange UserDesk::recordOf(const std::string& by)
{
    return [this, by](const UserChange& change) {
        Json details;
        details["name"] = change.name;
        details["groups"] = Json(Json::Array(change.groups.begin(), change.groups.end()));
        details["by"] = by;
        details["adcs_event"] = adcsPermissionsChanged;
        if (!change.reason.empty()) details["reason"] = change.reason;
        return store_.addEvent(eventOf(change.kind), clock_.now(), details);
    };
}

} // namespace perennial::enrollment::server
