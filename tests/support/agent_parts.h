#pragma once

#include "agent/event_queue.h"
#include "agent/renewal_desk.h"
#include "agent/retirement.h"
#include "tests/support/fake_enroller.h"

namespace perennial::test {

inline const model::AgentId testAgent("agent-6d1f0c5b9a8e47d2b3c4a5f697887766");
inline const std::string testCommit = "89e6c98d92887913cadf06b2adb97f26cde4849b";

// Lines of PEM under a YAML key.
inline std::string indented(const std::string& text)
{
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        out += "  " + text.substr(at, end - at) + "\n";
        at = end + 1;
    }
    return out;
}

struct PolicyWords {
    std::string before = "30d";
    std::string more = ""; // lines of `renew`, each with its own indentation
    std::string endpoint = "https://pki.example.test/cep";
    std::string action = "reload-nginx";
    std::string enroll = ""; // lines of the policy
    std::string match = "{}";
    std::string place = ""; // lines of the policy
};

// One service and one policy, as they are in git.
inline std::vector<model::PolicyDocument> testDocuments(
    const FakeAuthority& authority, const PolicyWords& words = {})
{
    const auto trust = indented(authority.rootPem());
    return {
        {"corp.yaml", "kind: enrollment-service\nname: corp\npolicy_endpoints: [" + words.endpoint +
                          "]\ntls_trust: |\n" + trust + "issuer_trust: |\n" + trust},
        {"web.yaml", "kind: certificate-policy\nname: web-servers\nmatch: " + words.match +
                         "\nrenew:\n  before: " + words.before + "\n" + words.more + words.enroll +
                         words.place + "enrollment_service: corp\naction: " + words.action + "\n"}};
}

inline protocol::Documents asSent(std::vector<model::PolicyDocument> documents,
    std::int64_t version, TimePoint now, const std::string& commit = testCommit)
{
    protocol::Documents sent;
    sent.manifest =
        policy::makeManifest(documents, commit, version, now, now + std::chrono::days(30));
    sent.documents = std::move(documents);
    return sent;
}

// The slot of a FakeHost, as a scan would report it.
template <class Host>
model::InventoryReport scanOf(const Host& host, TimePoint now)
{
    model::Slot slot;
    slot.place = {"pem", "/etc/nginx/tls/web.pem", "/etc/nginx/tls/web.key"};
    slot.id = model::slotIdOf(slot.place);
    slot.service = "nginx";
    slot.listeners = {{"127.0.0.1", 443, "web1.example.test", model::Fingerprint(host.served())}};
    slot.certificatePem = host.live();
    const auto leaf = x509::Certificate::fromPem(slot.certificatePem);
    if (leaf) slot.certificate = model::factsOf(*leaf);
    return {now, {slot}, {}, {}};
}

// A controller's order to renew what the slot holds.
inline model::Order orderFor(const model::Slot& slot, TimePoint now,
    const std::string& id = "0198c6d2-1b2c-7abc-8def-0123456789ac")
{
    model::Order order;
    order.id = model::OrderId(id);
    order.agent = testAgent;
    order.slot = slot.id;
    order.replaces = slot.certificate.fingerprint;
    order.policy = "web-servers";
    order.policyCommit = testCommit;
    order.reason = "the renewal window has opened";
    order.orderedAt = now;
    return order;
}

// What an agent is made of, over any disk and any hands.
struct AgentParts {
    template <class Host> // InstallerHands and Eyes
    AgentParts(FileSystem& disk, const std::string& state, Host& host,
        agent::EnrollerHands& enroller, const Clock& clock)
        : files(disk), folder(state), journal(disk, state + "/renewals"),
          desired(disk, state + "/documents.json"), slots(disk, state),
          pauses(disk, state + "/pauses.json"), superseded(disk, state + "/superseded.json"),
          runner({journal, host, enroller, host, clock,
              [this](const auto& told) { return publish(told); }, Duration(60),
              [this](const auto& one) { return superseded.add(one); }}),
          desk({journal, runner, desired, slots, pauses, clock,
              [this](const auto& told) { return publish(told); },
              {{"web-enroller", {"WebServer"}}}}),
          retirement({superseded, desired, slots, host, enroller, host, clock,
              [this](const auto& told) { return publish(told); }, std::chrono::hours(1)})
    {
    }
    Status open()
    {
        if (auto made = files.makeFolder(folder + "/renewals"); !made) return made;
        auto opened = agent::EventQueue::open(files, folder, "epoch-1");
        if (!opened) return opened.error();
        events = *std::move(opened);
        if (auto loaded = slots.load(); !loaded) return loaded.error();
        if (auto loaded = pauses.load(); !loaded) return loaded;
        if (auto loaded = desired.load(testAgent, "web1.example.test", TimePoint()); !loaded)
            return loaded;
        return desk.load();
    }
    Status publish(const std::vector<model::AuditEvent>& told) { return events->add(told); }

    FileSystem& files;
    std::string folder;
    std::unique_ptr<agent::EventQueue> events;
    agent::RenewalJournal journal;
    agent::DesiredStateKeeper desired;
    agent::SlotTable slots;
    agent::Pauses pauses;
    agent::SupersededArchive superseded;
    agent::RenewalRunner runner;
    agent::RenewalDesk desk;
    agent::Retirement retirement;
};

} // namespace perennial::test
