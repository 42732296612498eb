#pragma once

#include "controller/enrollment/publication/revocation_desk.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>

namespace perennial::test {

using namespace perennial::enrollment::server;

template <class T>
T must(Result<T> result)
{
    REQUIRE_MESSAGE(result.ok(), result.error().message);
    return *std::move(result);
}

// An embedded authority with its store, in a folder of its own, as `init` makes them.
struct AuthorityHome {
    // openssl's OCSP client looks at the real clock.
    explicit AuthorityHome(TimePoint start = SystemClock().now()) : now(start)
    {
        REQUIRE(
            EmbeddedAuthority::make(files(), {"Example Root", "Example CA", "ec-p256"}, now).ok());
        store = must(EnrollmentStore::open(folder / "enrollment.db"));
        authority.emplace(must(EmbeddedAuthority::open(files())));
    }
    EmbeddedAuthority::Files files() const
    {
        return {folder / "root.pem", folder / "root.key", folder / "issuing.pem",
            folder / "issuing.key"};
    }
    // Issued and on record.
    x509::Certificate issue(Duration life = std::chrono::hours(24 * 90))
    {
        const auto key = must(x509::PrivateKey::generate("ec-p256"));
        const auto subject = must(x509::subjectDerFromText("web1.example.test"));
        const auto certificate = must(
            authority->issue({subject, key.publicKeyDer(), now - Duration(60), now + life, {}}));
        RequestRecord record;
        record.state = "issued";
        record.kind = "new";
        record.receivedAt = now;
        record.decidedAt = now;
        must(store->addIssued(record, certificate, Json(Json::Object{})));
        return certificate;
    }
    // What openssl says of it with these CRLs (PEM), at `now`.
    std::string verify(const x509::Certificate& certificate, const CrlPublisher::Lists& lists) const
    {
        std::vector<std::string> command = {"/usr/bin/openssl", "verify", "-attime",
            std::to_string(now.time_since_epoch().count()), "-crl_check", "-CAfile",
            folder.write(
                "trust.pem", authority->certificate().toPem() + authority->above().front().toPem()),
            "-CRLfile",
            folder.write("lists.pem",
                lists.base->toPem() + (lists.delta ? lists.delta->toPem() : std::string()))};
        if (lists.delta) command.insert(command.end(), {"-extended_crl", "-use_deltas"});
        command.push_back(folder.write("leaf.pem", certificate.toPem()));
        return runTool(command).output;
    }

    TimePoint now;
    TemporaryFolder folder;
    PosixFileSystem disk;
    Log log{"test", LogLevel::Error};
    std::unique_ptr<EnrollmentStore> store;
    std::optional<EmbeddedAuthority> authority;
};

} // namespace perennial::test
