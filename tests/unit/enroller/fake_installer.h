#pragma once

#include "agent/enroller/enroller_task.h"
#include "shared/base/unix_socket.h"
#include "shared/model/installer_message.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

#include <fcntl.h>
#include <thread>

namespace perennial::test {

// A slot and its keys by openssl's hand, and an installer that answers one call with what it is
// told to.
struct FakeInstaller {
    FakeInstaller() : pki(folder)
    {
        pki.makeRoot("root");
        pki.issueClient("old", "root");
        pki.issueClient("new", "root");
    }
    std::string socket() const { return folder / "installer.sock"; }
    agent::EnrollerTask task() const
    {
        agent::EnrollerTask task{};
        task.order = "0198c6d2-1b2c-7abc-8def-0123456789ac";
        task.certificatePath = "/etc/nginx/tls/web.pem";
        task.keyPath = "/etc/nginx/tls/web.key";
        task.certificatePem = readText(pki["old"].chain);
        task.installerSocket = socket();
        task.service.name = "corp";
        task.service.enrollmentEndpoints = {"https://localhost:1/CES"};
        task.service.tlsTrustPem = task.service.issuerTrustPem = readText(pki["root"].certificate);
        return task;
    }
    // Answers the next call, and passes these files. Nothing at all when the content is empty.
    template <class Ask>
    auto answering(const std::string& content, const std::vector<std::string>& files, Ask ask)
    {
        auto listener = UnixSocket::listen(socket(), 0600);
        REQUIRE(listener);
        std::string heard;
        std::jthread server([&] {
            auto call = listener->accept(Duration(10));
            if (!call) return;
            const auto message = call->receive(Duration(10));
            if (message) heard = message->content;
            std::vector<FileDescriptor> open;
            std::vector<int> numbers;
            for (const auto& file : files) {
                open.emplace_back(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
                numbers.push_back(open.back().get());
            }
            if (!content.empty()) (void)call->send(content, numbers);
        });
        auto answer = ask();
        server.join();
        asked = model::decodeInstallerMessage(heard);
        return answer;
    }
    static std::string done() { return *model::encode({"done", {}}); }
    static std::string refused(const std::string& kind)
    {
        return *model::encode({"refused", {{"kind", kind}, {"reason", "no\nway"}}});
    }

    TemporaryFolder folder;
    TestPki pki;
    Result<model::InstallerMessage> asked = Error{ErrorKind::NotFound, "nothing was asked"};
};

} // namespace perennial::test
