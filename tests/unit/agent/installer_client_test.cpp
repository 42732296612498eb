#include "agent/installer_client.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>
#include <thread>

using namespace perennial;
using namespace perennial::agent;

namespace {

// Takes callers one after the other; ends each connection after so many answers.
struct Installer {
    explicit Installer(std::vector<int> answersOfEach)
        : listener(UnixSocket::listen(folder / "installer.sock", 0600)),
          thread([this, answersOfEach] {
              for (const int answers : answersOfEach) {
                  auto call = listener->accept(Duration(10));
                  for (int i = 0; call && i < answers; ++i) {
                      const auto message = call->receive(Duration(10));
                      if (!message || message->content.empty()) break;
                      verbs.push_back(model::decodeInstallerMessage(message->content)->verb);
                      (void)call->send(*model::encode({"done", {{"public_key", "x"}}}));
                  }
              }
          })
    {
    }

    test::TemporaryFolder folder;
    Result<UnixSocket> listener;
    std::vector<std::string> verbs;
    std::jthread thread;
};

} // namespace

TEST_CASE("calls that follow each other share a connection, until it is hung up")
{
    Installer installer({3, 1});
    InstallerClient client(installer.folder / "installer.sock");
    const Renewal renewal;
    CHECK(client.preflight(renewal));
    CHECK(client.makeKey(renewal, "ec-p256"));
    CHECK(client.place(renewal, "chain"));
    client.hangUp();
    CHECK(client.finish(renewal));
    installer.thread.join();
    CHECK(installer.verbs == std::vector<std::string>{"preflight", "make_key", "place", "finish"});
}

TEST_CASE("a connection that the installer has ended is not asked on; one it ends unheard is told")
{
    Installer installer({1, 0, 1});
    InstallerClient client(installer.folder / "installer.sock");
    const Renewal renewal;
    CHECK(client.preflight(renewal));
    // The end of the first connection may be seen before or after the next call is sent.
    int unheard = 0;
    auto discarded = client.discard(renewal);
    for (; !discarded && unheard < 3; ++unheard) {
        CHECK(discarded.error().kind == ErrorKind::Unavailable);
        discarded = client.discard(renewal);
    }
    CHECK(discarded);
    CHECK(unheard >= 1);
    installer.thread.join();
    CHECK(installer.verbs == std::vector<std::string>{"preflight", "discard"});
}
