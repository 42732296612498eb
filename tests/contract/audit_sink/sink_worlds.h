#pragma once

#include "shared/base/clock.h"
#include "shared/plugin_api/audit_sink.h"
#include "tests/support/rsyslog.h"
#include "tests/support/test_pki.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace perennial::test {

// What the contract suite needs of a kind of sink: the sink, and its real receiver, which can be
// killed. A sink that joins gets a class with the same members and a place in the list of
// audit_sink_contract_test.cpp.
//     std::unique_ptr<AuditSink> makeSink();
//     void startReceiver();                      // again, too
//     void killReceiver();                       // what it had not written is lost
//     std::vector<std::int64_t> received();      // sequences, in order of arrival
//     void waitFor(const std::set<std::int64_t>& sequences);

// rsyslog over GnuTLS or OpenSSL.
class SyslogWorld {
public:
    explicit SyslogWorld(const std::string& driver);

    std::unique_ptr<AuditSink> makeSink();
    // For receivers that are not killed: does not wait long until something counts as delivered.
    std::unique_ptr<AuditSink> makeQuickSink();
    void startReceiver() { rsyslog.start(); }
    void killReceiver() { rsyslog.kill(); }
    std::vector<std::int64_t> received() const;
    void waitFor(const std::set<std::int64_t>& sequences) const;
    std::map<std::string, std::string> settings() const;

    TemporaryFolder folder;
    TestPki pki;
    Rsyslog rsyslog;

private:
    static TestPki& makeCertificates(TestPki& pki);
};

struct SyslogToGnutls : SyslogWorld {
    SyslogToGnutls() : SyslogWorld("gtls") {}
};
struct SyslogToOpenssl : SyslogWorld {
    SyslogToOpenssl() : SyslogWorld("ossl") {}
};

// Keeps everything in memory: shows that the suite judges the contract and not syslog.
class MemoryWorld {
public:
    std::unique_ptr<AuditSink> makeSink();
    void startReceiver() { up_ = true; }
    void killReceiver();
    std::vector<std::int64_t> received() const { return written_; }
    void waitFor(const std::set<std::int64_t>& /*sequences*/) const {}

private:
    class Sink;
    bool up_ = false;
    int life_ = 0; // of the receiver
    std::vector<std::int64_t> written_;
    std::vector<std::int64_t> queue_; // lost when it is killed
};

// One event of a log.
SinkEvent makeEvent(std::int64_t sequence, const std::string& subject = "CN=web1.example.test",
    std::size_t names = 1);
std::vector<SinkEvent> makeEvents(std::int64_t first, std::int64_t count);

// What the publisher does with a sink, without its threads and waits.
class Carrier {
public:
    Carrier(AuditSink& sink, const std::vector<SinkEvent>& events) : sink_(sink), events_(events) {}

    // The next batch; after an Error all that is not known delivered again.
    Status deliver(std::size_t batch = 50);
    // Until everything is known delivered; a failure begins again. Fails the test after a minute.
    void finish();
    bool allSent() const { return next_ == events_.size(); }
    std::int64_t delivered() const { return delivered_; }

private:
    Status take(const Result<std::int64_t>& result);

    AuditSink& sink_;
    const std::vector<SinkEvent>& events_;
    std::size_t next_ = 0; // events_[i] has sequence i
    std::int64_t delivered_ = -1;
};

} // namespace perennial::test
