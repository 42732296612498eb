#include "tests/support/rsyslog.h"

#include "shared/base/clock.h"
#include "shared/base/json.h"

#include <array>
#include <csignal>
#include <doctest/doctest.h>
#include <fstream>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace perennial::test {

Rsyslog::Rsyslog(const TemporaryFolder& folder, const TestPki& pki, const std::string& root,
    const std::string& server, const std::string& client, const std::string& driver)
    : port_(freePort()), received_(folder / "received.jsonl")
{
    // Nothing about sizes: rsyslog's own limits are what a message must fit in.
    config_ = folder.write("rsyslog.conf", R"(global(workDirectory=")" + folder.path().string() +
                                               R"("
  defaultNetstreamDriver=")" + driver + R"("
  defaultNetstreamDriverCAFile=")" + pki[root].certificate +
                                               R"("
  defaultNetstreamDriverCertFile=")" + pki[server].chain +
                                               R"("
  defaultNetstreamDriverKeyFile=")" + pki[server].key +
                                               R"(")
module(load="mmpstrucdata")
module(load="imtcp" streamDriver.name=")" + driver +
                                               R"(" streamDriver.mode="1"
  streamDriver.authMode="x509/name" permittedPeer=[")" +
                                               client + R"("])
template(name="fields" type="list" option.jsonf="on") {
  property(outname="pri" name="pri" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="msgid" name="msgid" format="jsonf")
  property(outname="data" name="$!rfc5424-sd" format="jsonf")
  property(outname="text" name="msg" format="jsonf")
}
input(type="imtcp" port=")" + std::to_string(port_) +
                                               R"(" address="127.0.0.1" ruleset="audit")
ruleset(name="audit") {
  action(type="mmpstrucdata")
  action(type="omfile" file=")" + received_ +
                                               R"(" template="fields" fileCreateMode="0644")
}
)");
    folder.write("received.jsonl", "");
}

void Rsyslog::start()
{
    process_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{"/usr/sbin/rsyslogd", "-n", "-f", config_, "-iNONE"});
    process_->waitForPort(port_);
}

void Rsyslog::stop()
{
    process_->stop();
    lastLog_ = process_->output();
    process_.reset();
}

void Rsyslog::kill()
{
    process_->signal(SIGKILL);
    process_.reset();
}

void Rsyslog::pause() const { process_->signal(SIGSTOP); }

std::vector<Rsyslog::Message> Rsyslog::messages() const
{
    std::ifstream file(received_);
    std::vector<Message> all;
    for (std::string line; std::getline(file, line);) {
        const auto json = Json::parse(line);
        if (!json) continue; // the last one may be under way, or cut by a SIGKILL
        const auto text = [&](const char* member) {
            const Json* value = json->find(member);
            return value != nullptr && value->string() != nullptr ? *value->string() : "";
        };
        all.push_back(
            {text("pri"), text("host"), text("app"), text("msgid"), text("data"), text("text")});
    }
    return all;
}

void Rsyslog::waitForMessages(std::size_t count) const
{
    waitForFile(received_, [&] { return messages().size() >= count; });
}

void waitForFile(const std::string& file, const std::function<bool()>& condition)
{
    const FileDescriptor watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    REQUIRE(::inotify_add_watch(watch.get(), file.c_str(), IN_MODIFY) >= 0);
    const Deadline deadline(std::chrono::seconds(20));
    while (!condition()) {
        REQUIRE_MESSAGE(!deadline.over(), "nothing came in ", file);
        pollfd waiting{watch.get(), POLLIN, 0};
        ::poll(&waiting, 1, deadline.leftForPoll());
        std::array<char, 4096> events;
        while (::read(watch.get(), events.data(), events.size()) > 0) {}
    }
}

} // namespace perennial::test
