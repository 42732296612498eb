#include "plugins/files_discovery/key_pairing.h"

#include <doctest/doctest.h>

using namespace perennial::plugins::files;

TEST_CASE("keys are taken in the order: same file, same folder, elsewhere, same name only")
{
    KeyPairing keys;
    const auto chosen = [&](const std::string& certificate) {
        return keys.keyFor(certificate, "pin").value_or("none");
    };
    CHECK(chosen("/c/web.pem") == "none");
    keys.addKey("/c/other.key", "another pin");
    CHECK(chosen("/c/web.pem") == "none");
    keys.addKey("/c/web.rsa", "another pin");
    CHECK(chosen("/c/web.pem") == "/c/web.rsa");
    keys.addKey("/d/x.key", "pin");
    CHECK(chosen("/c/web.pem") == "/d/x.key");
    keys.addKey("/d/web.key", "pin");
    CHECK(chosen("/c/web.pem") == "/d/web.key");
    keys.addKey("/c/x.key", "pin");
    keys.addKey("/c/y.key", "pin");
    CHECK(chosen("/c/web.pem") == "/c/x.key");
    keys.addKey("/c/web.ec", "pin");
    keys.addKey("/c/web.key", "pin");
    CHECK(chosen("/c/web.pem") == "/c/web.ec");
    keys.addKey("/c/web.pem", "another pin");
    CHECK(chosen("/c/web.pem") == "/c/web.ec");
    keys.addKey("/c/full.pem", "pin");
    CHECK(chosen("/c/full.pem") == "/c/full.pem");
}
