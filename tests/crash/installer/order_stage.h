#pragma once

#include "tests/crash/installer/picky_disk.h"
#include "tests/support/installer_host.h"

#include <doctest/doctest.h>

namespace perennial::test {

// A host before the verb, to which it returns for each fault.
class OrderStage {
public:
    explicit OrderStage(StoreKind kind) : host(kind)
    {
        oldFingerprint = host.fingerprint();
        REQUIRE(host.makeKey().verb == "done");
        chain = host.issue();
        newFingerprint = x509::Certificate::fromPem(chain)->fingerprint();
    }
    void remember()
    {
        for (const std::string part : {"tls", "state"})
            std::filesystem::copy(host.folder / part, saved_ / part, options);
    }
    void goBack() const
    {
        for (const std::string part : {"tls", "state"}) {
            std::filesystem::remove_all(host.folder / part);
            std::filesystem::copy(saved_ / part, host.folder / part, options);
        }
    }
    InstallerHost::Fields placing() const
    {
        return {{"chain", chain}, {"replaces", oldFingerprint}};
    }

    InstallerHost host;
    PickyDisk disk{host.files};
    std::string chain, oldFingerprint, newFingerprint;

private:
    static constexpr auto options =
        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks;
    TemporaryFolder saved_;
};

inline bool isWholePair(OrderStage& stage)
{
    auto& host = stage.host;
    if (!host.chainFits(stage.newFingerprint)) return false;
    auto pair = installer::readPair(host.files, host.guard(), {host.certificate, host.key});
    return pair && pair->matches();
}

// At every moment, also right after a crash and before anything was put right.
inline void checkNothingIsTornOrOpen(const OrderStage& stage)
{
    const auto& host = stage.host;
    const auto there = host.fingerprint();
    CHECK((there == stage.oldFingerprint || there == stage.newFingerprint));
    CHECK(x509::PrivateKey::fromPem(Secret(host.keyText())));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(host.folder.path())) {
        const auto path = entry.path().string();
        const bool ours =
            path.starts_with(host.folder / "tls") || path.starts_with(host.folder / "state");
        if (!ours || !entry.is_regular_file()) continue;
        const auto content = readText(path);
        const bool holdsKey =
            content.find("PRIVATE KEY") != std::string::npos || x509::isPkcs12(content);
        if (holdsKey) CHECK_MESSAGE((host.modeOf(path) & 077) == 0, path);
    }
}

} // namespace perennial::test
