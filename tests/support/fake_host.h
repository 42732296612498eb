#pragma once

#include "agent/renewal/hands.h"
#include "tests/support/fake_authority.h"
#include "tests/support/test_pki.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

namespace perennial::test {

// A host with one slot, its installer and its service. All of it is in files, so that it outlives
// an agent that dies. Answers as perennial-installer does, repeated questions too.
class FakeHost final : public agent::InstallerHands, public agent::Eyes {
public:
    // Calls by these names get this Error instead: "preflight", "make_key", "place", ...
    std::map<std::string, Error> failing;
    // What the service's reload comes to while the new certificate is in place.
    int reloadStatus = 0;
    bool reloadChangesNothing = false;
    bool serviceIsDown = false;
    bool breaksNeighbour = false; // while the new one is served
    std::string servedRemark = {};
    std::function<void()> whenPlaced;
    std::string keepsPrevious = {}; // what it says of the old pair at the end

    explicit FakeHost(std::filesystem::path folder) : folder_(std::move(folder))
    {
        std::filesystem::create_directories(folder_);
    }

    void install(const std::string& chainPem) const
    {
        write("live", chainPem);
        write("served", fingerprintOf(chainPem));
        write("first", chainPem);
    }
    std::string live() const { return read("live"); }
    std::string served() const { return serviceIsDown ? "" : read("served"); }
    std::string stageOf(const std::string& order) const { return read(order + ".stage"); }
    // How often it was asked, whatever came of it.
    std::size_t calls(const std::string& verb) const
    {
        const auto text = read("calls");
        std::size_t count = 0;
        for (auto at = text.find(verb + "\n"); at != std::string::npos;
             at = text.find(verb + "\n", at + 1))
            ++count;
        return count;
    }
    std::size_t keysMade() const { return read("keys").size(); }

    // The enroller's door.
    Status lendKeys(const agent::Renewal& renewal) const
    {
        if (auto asked = ask("lend_keys"); !asked) return asked;
        if (stageOf(idOf(renewal)) != "key-ready")
            return Error{ErrorKind::Conflict, "the order has ended"};
        if (fingerprintOf(live()) != fingerprintOf(renewal.oldChainPem))
            return Error{ErrorKind::Conflict, "the key in the slot is not its certificate's"};
        return {};
    }

    // The new one alone.
    Result<x509::PrivateKey> lendNewKey(const agent::Renewal& renewal) const
    {
        if (auto asked = ask("lend_new_key"); !asked) return asked.error();
        if (stageOf(idOf(renewal)) != "key-ready")
            return Error{ErrorKind::Conflict, "the order has ended"};
        return x509::PrivateKey::fromPem(Secret(read(idOf(renewal) + ".private")));
    }

    Status preflight(const agent::Renewal&) override { return ask("preflight"); }
    Result<Bytes> makeKey(const agent::Renewal& renewal, const std::string& keyType) override
    {
        if (auto asked = ask("make_key"); !asked) return asked.error();
        const auto stage = stageOf(idOf(renewal));
        if (stage == "finished" || stage == "discarded")
            return Error{ErrorKind::Conflict, "the order has ended"};
        if (stage.empty()) {
            const auto key = x509::PrivateKey::generate(keyType);
            if (!key) return key.error();
            write(idOf(renewal) + ".public", key->publicKeyDer());
            write(idOf(renewal) + ".private", std::string(key->toPem().reveal()));
            write("keys", read("keys") + "+");
            write(idOf(renewal) + ".stage", "key-ready");
        }
        return Bytes(read(idOf(renewal) + ".public"));
    }
    Status place(const agent::Renewal& renewal, const std::string& chainPem) override
    {
        if (auto asked = ask("place"); !asked) return asked;
        const auto stage = stageOf(idOf(renewal));
        if (stage == "placed")
            return live() == chainPem ? Status() : Error{ErrorKind::Conflict, "another is placed"};
        if (stage != "key-ready") return Error{ErrorKind::Conflict, "the order has ended"};
        const auto there = live().empty() ? std::string() : fingerprintOf(live());
        if (there != renewal.order.replaces.text())
            return Error{ErrorKind::Conflict, "the certificate in place was changed outside"};
        write(idOf(renewal) + ".previous", live());
        write("live", chainPem);
        write(idOf(renewal) + ".stage", "placed");
        if (whenPlaced) whenPlaced();
        return {};
    }
    Status switchBack(const agent::Renewal& renewal) override
    {
        if (auto asked = ask("switch_back"); !asked) return asked;
        const auto stage = stageOf(idOf(renewal));
        if (stage == "finished") return Error{ErrorKind::Conflict, "the order has ended"};
        if (stage != "placed") return {};
        write("live", read(idOf(renewal) + ".previous"));
        write(idOf(renewal) + ".stage", "key-ready");
        return {};
    }
    Result<agent::ActionResult> act(const agent::Renewal&) override
    {
        if (auto asked = ask("act"); !asked) return asked.error();
        if (serviceIsDown) return agent::ActionResult{1, "no such process"};
        const bool isNew = live() != read("first");
        if (isNew && reloadStatus != 0) return agent::ActionResult{reloadStatus, "no good"};
        if (!isNew || !reloadChangesNothing) write("served", fingerprintOf(live()));
        return agent::ActionResult{};
    }
    Result<std::string> finish(const agent::Renewal& renewal) override
    {
        if (auto asked = ask("finish"); !asked) return asked.error();
        const auto stage = stageOf(idOf(renewal));
        if (stage != "placed" && stage != "finished")
            return Error{ErrorKind::Conflict, "the order's certificate is not in place"};
        write(idOf(renewal) + ".stage", "finished");
        write("first", live());
        return keepsPrevious;
    }
    Status discard(const agent::Renewal& renewal) override
    {
        if (auto asked = ask("discard"); !asked) return asked;
        const auto stage = stageOf(idOf(renewal));
        if (stage == "placed" || stage == "finished")
            return Error{ErrorKind::Conflict, "the order's certificate is in place"};
        if (stage == "key-ready") write(idOf(renewal) + ".stage", "discarded");
        return {};
    }

    Result<std::string> seesServed(
        const std::vector<model::Listener>& listeners, const std::string& fingerprint) override
    {
        if (listeners.empty() || served() == fingerprint) return servedRemark;
        return Error{ErrorKind::Conflict, "the listener shows something else"};
    }

    Result<std::string> seesUnchanged(const std::vector<model::Listener>& listeners) override
    {
        if (listeners.empty() || !breaksNeighbour || served() == fingerprintOf(read("first")))
            return std::string();
        return Error{ErrorKind::Conflict, "the neighbour does not answer"};
    }
    std::vector<model::Listener> answering(const std::vector<model::Listener>& listeners) override
    {
        return serviceIsDown ? std::vector<model::Listener>() : listeners;
    }
    bool anybodyListens(const std::vector<model::Listener>&) override { return !serviceIsDown; }

private:
    static std::string idOf(const agent::Renewal& renewal) { return renewal.order.id.text(); }
    Status ask(const std::string& verb) const
    {
        write("calls", read("calls") + verb + "\n");
        const auto found = failing.find(verb);
        if (found == failing.end()) return {};
        return found->second;
    }
    std::string read(const std::string& name) const
    {
        std::ifstream in(folder_ / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void write(const std::string& name, const std::string& text) const
    {
        std::ofstream(folder_ / name, std::ios::binary) << text;
    }

    std::filesystem::path folder_;
};

} // namespace perennial::test
