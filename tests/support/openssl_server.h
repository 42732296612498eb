#pragma once

#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <string>
#include <vector>

namespace perennial::test {

// openssl s_server on a free port of a loopback address.
class OpensslServer {
public:
    // With -HTTP among `more`, files of `folder` are sent as whole answers, byte by byte.
    OpensslServer(const TestCertificate& certificate, std::vector<std::string> more,
        const std::string& address = "127.0.0.1", const std::string& folder = "/")
        : port_(freePort()), process_(command(certificate, std::move(more), address), folder)
    {
        process_.waitForPort(port_, address);
    }
    int port() const { return port_; }
    ChildProcess& process() { return process_; }

private:
    std::vector<std::string> command(const TestCertificate& certificate,
        std::vector<std::string> more, const std::string& address) const
    {
        const std::string host =
            address.find(':') == std::string::npos ? address : "[" + address + "]";
        std::vector<std::string> all = {"/usr/bin/openssl", "s_server", "-accept",
            host + ":" + std::to_string(port_), "-cert", certificate.certificate, "-key",
            certificate.key};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    int port_;
    ChildProcess process_;
};

} // namespace perennial::test
