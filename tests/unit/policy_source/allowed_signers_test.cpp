// valid-before against the controller's clock.

#include "controller/policy_source/allowed_signers.h"

#include <doctest/doctest.h>

using namespace perennial;
using controller::withoutExpired;

namespace {

constexpr TimePoint now{Duration(1'790'000'000)}; // 2026-09-21T14:13:20Z

std::string line(const std::string& options)
{
    return "ann@example.test " + options + " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ann\n";
}

} // namespace

TEST_CASE("a signer whose valid-before has passed is left out, every other line stays as it is")
{
    struct Case {
        const char* options;
        bool kept;
    };
    const Case cases[] = {
        {"", true},
        {"namespaces=\"git\"", true},
        {"valid-before=\"20260920\"", false},
        {"valid-before=\"20260921\"", false}, // midnight has passed
        {"valid-before=\"20260922\"", true},
        {"valid-before=\"20260921141319Z\"", false},
        {"valid-before=\"20260921141320Z\"", false}, // before means before
        {"valid-before=\"20260921141321Z\"", true},
        {"valid-before=\"202609211413Z\"", false},
        {"valid-before=\"202609211414\"", true},
        {"valid-before=20260920", false},
        {"VALID-BEFORE=\"20260920\"", false},
        {"namespaces=\"git\",valid-after=\"20200101\",valid-before=\"20260101Z\"", false},
        {"valid-after=\"20200101\"", true},
        {"valid-before=\"20991231\",valid-before=\"20200101\"", false},
        {"valid-before=\"20260230\"", false}, // as ssh-keygen reads it: the 2nd of March
        // What ssh-keygen cannot read either is for it to refuse.
        {"valid-before=\"soon\"", true},
        {"valid-before=\"2026\"", true},
        {"valid-before=\"20261301\"", true},
        {"valid-before=", true},
    };
    for (const auto& one : cases) {
        INFO(one.options);
        CHECK(withoutExpired(line(one.options), now) == (one.kept ? line(one.options) : ""));
    }
}

TEST_CASE("lines are judged one by one")
{
    const auto good = line("namespaces=\"git\"");
    CHECK(withoutExpired("# signers\n" + good + line("valid-before=\"20200101\"") + good, now) ==
          "# signers\n" + good + good);
    CHECK(withoutExpired("", now).empty());
    CHECK(withoutExpired("no newline at the end", now) == "no newline at the end\n");
}
