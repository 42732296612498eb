#pragma once

#include "agent/signed_policies.h"
#include "shared/base/file_system.h"
#include "shared/policy/policy_documents.h"

#include <memory>
#include <mutex>

namespace perennial::agent {

// What should be on this host, compiled here from the documents themselves.
struct DesiredState {
    model::PolicySet set;
    policy::HostFacts host;
    bool held = false;  // documents were read; without any nobody knows what should be
    std::string commit; // empty for documents of a folder
    std::int64_t version = 0;
    TimePoint expires;           // TimePoint::max(): never
    policy::SignedMark signedAs; // with empty parts where no signatures are demanded

    const model::CertificatePolicy* policyFor(const model::Slot& slot) const
    {
        return policy::findPolicyFor(set, host, slot);
    }
};

// Holds the last good documents, on disk too: the agent goes on with them when nobody answers.
class DesiredStateKeeper {
public:
    DesiredStateKeeper(FileSystem& files, std::string file) : files_(files), file_(std::move(file))
    {
    }
    // Before load().
    void demand(SignedPolicies signedPolicies) { signed_ = std::move(signedPolicies); }
    bool demandsSignatures() const { return signed_.demanded(); }
    int signersNeeded() const { return signed_.threshold(); }

    // The documents of the last run, if there are any; PermissionDenied when the signatures that
    // are demanded now are not on them.
    Status load(const model::AgentId& agent, const std::string& hostName, TimePoint now);
    // Refuses, whole: documents that are not signed as demanded, a manifest that does not fit its
    // documents or has expired already, a version that goes back or is mixed, documents with any
    // problem. The last good ones stay. Internal when the disk does not take them.
    Status adopt(const protocol::Documents& documents, const model::AgentId& agent,
        const std::string& hostName, TimePoint now);
    // Documents of a folder, for a host without a controller.
    Status readFolder(const std::string& folder, const std::map<std::string, std::string>& labels,
        const std::string& hostName);

    std::shared_ptr<const DesiredState>
    current() const; // never null; empty before the first documents

private:
    void set(DesiredState state);

    FileSystem& files_;
    std::string file_;
    SignedPolicies signed_;
    mutable std::mutex mutex_;
    std::shared_ptr<const DesiredState> current_ = std::make_shared<DesiredState>();
};

} // namespace perennial::agent
