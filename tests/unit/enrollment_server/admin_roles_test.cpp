// Which role may make which call of the admin API: every route has its line here.

#include "controller/enrollment/api/admin_api.h"
#include "controller/enrollment/storage/enrollment_migrations.h"
#include "shared/x509/digest.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test_pki.h"
#include "tests/unit/enrollment_server/authority_fixture.h"

#include <algorithm>

using namespace perennial;
using namespace perennial::test;

namespace {

struct Desk {
    Desk()
    {
        for (const std::string role : {"viewer", "auditor", "operator"})
            REQUIRE(home.store->putAdmin({role, role}, x509::sha256Hex(role + "-token"), home.now));
        REQUIRE(users.reload());
        REQUIRE(publisher.open(home.now));
        REQUIRE(publisher.publishDue(home.now));
    }
    int ask(const std::string& who, const std::string& method, const std::string& path)
    {
        http::Call call;
        call.method = method;
        call.path = path;
        call.remoteAddress = "192.0.2.1";
        if (!who.empty()) call.headers["authorization"] = "Bearer " + who + "-token";
        last = api.answer(call);
        return last.status;
    }

    AuthorityHome home;
    FakeClock clock{home.now};
    HeldTemplates templates{TemplateFolder{}, home.now};
    HeldUsers users{home.folder / "users.yaml"};
    std::unique_ptr<ServiceCertificateWatch> certificate = must(
        ServiceCertificateWatch::open({home.folder / "issuing.pem", home.folder / "issuing.key"},
            {*home.store, clock, home.log}));
    RevocationStore revocations{*home.store};
    CrlPublisher publisher{*home.authority, revocations, home.disk, PublicationSettings{},
        home.folder / "crl", home.log};
    ServiceMetrics metrics{{*home.store, templates, *certificate, home.authority->certificate(),
        [] { return CrlPublisher::Lists(); }, nullptr, clock, [] { return std::int64_t(0); }}};
    RevocationDesk desk{*home.store, revocations, publisher, home.log};
    RevocationApi revocation{desk, clock};
    http::Answer last;
    AdminApi api{AdminApi::Parts{*home.store, templates, users, metrics, clock, home.log, nullptr,
        &revocation, &*home.authority}};
};

struct Line {
    std::string method;
    std::string route; // as in admin_routes.cpp; empty: there is none
    std::string path;
    bool viewer = false;
    bool auditor = false;
};

const std::vector<Line> lines = {
    {"GET", "/metrics", "/metrics", true, false},
    {"GET", "/v1/requests", "/v1/requests", true, false},
    {"GET", "/v1/certificates", "/v1/certificates", true, false},
    {"GET", "/v1/crl", "/v1/crl", true, false},
    {"GET", "/v1/templates", "/v1/templates", true, false},
    {"GET", "/v1/users", "/v1/users", true, false},
    {"GET", "/v1/events", "/v1/events", false, true},
    {"POST", "/v1/requests/{id}/approve", "/v1/requests/1/approve"},
    {"POST", "/v1/requests/{id}/deny", "/v1/requests/1/deny"},
    {"POST", "/v1/certificates/{serial}/revoke", "/v1/certificates/0A/revoke"},
    {"POST", "/v1/crl/publish", "/v1/crl/publish"},
    {"POST", "/v1/users/{name}", "/v1/users/ann"},
    {"POST", "/v1/users/{name}/remove", "/v1/users/ann/remove"},
    {"POST", "/v1/issue-test", "/v1/issue-test"},
    {"GET", "", "/v1/nothing"},
    {"GET", "", "/v1/requests/1/approve"},
    {"GET", "", "/v1/eventsx"},
    {"GET", "", "/v1/events/"},
    {"GET", "", "//v1/events"},
    {"POST", "", "/v1/events"},
    {"POST", "", "/metrics"},
    {"HEAD", "", "/v1/events"},
    {"DELETE", "", "/v1/requests"},
    {"get", "", "/v1/events"},
};

} // namespace

TEST_CASE("a role may make its own calls and no other, an operator all of them")
{
    Desk office;
    for (const auto& line : lines) {
        INFO(line.method, " ", line.path);
        CHECK(office.ask("viewer", line.method, line.path) == (line.viewer ? 200 : 403));
        CHECK(office.ask("auditor", line.method, line.path) == (line.auditor ? 200 : 403));
        const auto status = office.ask("operator", line.method, line.path);
        CHECK(status != 403);
        if (line.route.empty()) CHECK((status == 404 || status == 405));
        CHECK(office.ask("", line.method, line.path) == 401);
        CHECK(office.ask("VIEWER", line.method, line.path) == 401);
    }
    CHECK(office.ask("", "GET", "/healthz") == 200);
    CHECK(office.ask("", "POST", "/healthz") == 401);
}

TEST_CASE("every route of the table, and of the page about it, has its line here")
{
    const auto page = readText(std::string(PERENNIAL_SOURCE_DIR) + "/docs/enrollment_admin_api.md");
    for (const auto& route : adminRoutes()) {
        INFO(route.method, " ", route.path);
        CHECK(page.find("| `" + std::string(route.method) + " " + std::string(route.path)) !=
              std::string::npos);
        if (route.access == http::Access::Everybody) continue;
        CHECK(std::count_if(lines.begin(), lines.end(), [&](const Line& line) {
            return line.method == route.method && line.route == route.path;
        }) == 1);
    }
    for (const auto& line : lines) {
        INFO(line.method, " ", line.path);
        const auto* found = findAdminRoute(line.method, line.path);
        CHECK((found == nullptr ? "" : found->path) == line.route);
    }
}

TEST_CASE("who may not do it is told which role may, and the access log who tried")
{
    Desk office;
    CHECK(office.ask("viewer", "GET", "/v1/events") == 403);
    CHECK(office.last.body.find("needs a token of the role auditor or operator") !=
          std::string::npos);
    CHECK(office.last.caller == "viewer");
    CHECK(office.ask("auditor", "POST", "/v1/crl/publish") == 403);
    CHECK(office.last.body.find("needs a token of the role operator") != std::string::npos);
}

TEST_CASE("a token of before there were roles is an operator's, and there is no fourth role")
{
    AuthorityHome home;
    {
        auto migrations = enrollmentMigrations();
        migrations.resize(6);
        const auto before =
            must(sql::Database::open(home.folder / "old.db", std::move(migrations)));
        REQUIRE(before->transaction([](sql::Session& session) -> Status {
            const auto done =
                session.execute("INSERT INTO admins (name, token_hash) VALUES ('ann', 'hash')", {});
            return done ? Status() : Status(done.error());
        }));
    }
    const auto store = must(EnrollmentStore::open(home.folder / "old.db"));
    const auto found = must(store->findAdmin("hash"));
    REQUIRE(found);
    CHECK(found->role == "operator");
    CHECK_FALSE(store->putAdmin({"eve", "king"}, "other", home.now));
}
