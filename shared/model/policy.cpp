#include "shared/model/policy.h"

#include <algorithm>

namespace perennial::model {

namespace {

template <class Named>
const Named* find(const std::vector<Named>& list, const std::string& name)
{
    const auto found = std::find_if(
        list.begin(), list.end(), [&](const Named& named) { return named.name == name; });
    return found == list.end() ? nullptr : &*found;
}

} // namespace

const EnrollmentService* PolicySet::findService(const std::string& name) const
{
    return find(services, name);
}

const CertificatePolicy* PolicySet::findPolicy(const std::string& name) const
{
    return find(policies, name);
}

} // namespace perennial::model
