#pragma once

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace perennial::test {

// A real rsyslogd that receives RFC 5425 on a free port of 127.0.0.1 and writes each message that
// it understood as one JSON object per line.
class Rsyslog {
public:
    // driver: "gtls" (GnuTLS) or "ossl" (OpenSSL). Only the client with this name may speak.
    Rsyslog(const TemporaryFolder& folder, const TestPki& pki, const std::string& root,
        const std::string& server, const std::string& client, const std::string& driver = "gtls");

    void start();
    void stop();        // SIGTERM
    void kill();        // SIGKILL: what it had not written is lost
    void pause() const; // it reads nothing more
    int port() const { return port_; }
    const std::string& log() const { return lastLog_; } // what it said until the last stop()

    struct Message {
        std::string pri;
        std::string hostName;
        std::string applicationName;
        std::string messageId;
        std::string structuredData;
        std::string text;
    };
    std::vector<Message> messages() const;
    // Returns when there are so many lines; fails the test after twenty seconds.
    void waitForMessages(std::size_t count) const;

private:
    int port_;
    std::string config_;
    std::string received_;
    std::string lastLog_;
    std::unique_ptr<ChildProcess> process_;
};

// Returns when the condition holds, looking again whenever the file changes; fails the test after
// twenty seconds.
void waitForFile(const std::string& file, const std::function<bool()>& condition);

} // namespace perennial::test
