#include "shared/model/policy.h"

#include "shared/base/encoding.h"

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

bool isDocumentPath(const std::string& path)
{
    if (path.size() > 200 || !path.ends_with(".yaml")) return false;
    std::size_t begin = 0;
    while (true) {
        const auto end = path.find('/', begin);
        const auto length = end == std::string::npos ? end : end - begin;
        if (!isSafeIdentifier(path.substr(begin, length))) return false;
        if (end == std::string::npos) return true;
        begin = end + 1;
    }
}

bool isLabel(const std::string& name, const std::string& value)
{
    if (value.empty() || value.size() > 256) return false;
    return isSafeIdentifier(name) && toPrintable(value) == value;
}

const EnrollmentService* PolicySet::findService(const std::string& name) const
{
    return find(services, name);
}

const CertificatePolicy* PolicySet::findPolicy(const std::string& name) const
{
    return find(policies, name);
}

} // namespace perennial::model
