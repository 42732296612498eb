#include "controller/enrollment/commands/commands.h"

#include "controller/enrollment/api/access_log.h"
#include "controller/enrollment/api/admin_api.h"
#include "controller/enrollment/api/holder_revocation.h"
#include "controller/enrollment/api/soap_endpoints.h"
#include "controller/enrollment/commands/template_watch.h"
#include "controller/enrollment/issuing/issuing_side.h"
#include "controller/enrollment/web/web_enrollment.h"
#include "shared/base/periodic_task.h"
#include "shared/base/signals.h"

namespace perennial::enrollment::server {

namespace {

constexpr std::chrono::milliseconds certificateInterval{2000};
// A renewal waits for the disk, and one commit is for all who wait: while some do, others compute.
constexpr int callsAtOnce = 32;

Result<std::optional<gss::Acceptor>> openAcceptor(const EnrollmentConfig& config)
{
    if (!config.kerberos) return std::optional<gss::Acceptor>();
    auto opened = gss::Acceptor::open({config.kerberos->keytabFile, config.replayFile()});
    if (!opened) return opened.error().in("kerberos");
    return std::optional<gss::Acceptor>(*std::move(opened));
}

Result<std::unique_ptr<Directory>> openDirectory(const EnrollmentConfig& config, const Log& log)
{
    if (!config.directory) return std::unique_ptr<Directory>();
    return Directory::open(*config.directory, log);
}

Result<CertificateMappings> mappingsOf(const EnrollmentConfig& config)
{
    if (config.certificateMappings.empty()) return CertificateMappings();
    return readCertificateMappings(config.certificateMappings);
}

// Everything that can tell who calls.
struct Callers {
    HeldUsers users;
    CertificateMappings mappings;
    std::optional<gss::Acceptor> acceptor;
    std::unique_ptr<Directory> directory;

    explicit Callers(const std::string& usersFile) : users(usersFile) {}
    Status open(const EnrollmentConfig& config, const Log& log)
    {
        if (auto read = users.reload(); !read) return read;
        auto readMappings = mappingsOf(config);
        if (!readMappings) return readMappings.error();
        mappings = *std::move(readMappings);
        auto opened = openAcceptor(config);
        if (!opened) return opened.error();
        acceptor = *std::move(opened);
        auto asked = openDirectory(config, log);
        if (!asked) return asked.error();
        directory = *std::move(asked);
        return {};
    }
    Authenticator::Parts parts(const EnrollmentConfig& config, EnrollmentStore& store,
        const RemoteAuthority* remote, const Log& log) const
    {
        return {users, store, mappings, config.kerberos ? &*config.kerberos : nullptr,
            acceptor ? &*acceptor : nullptr, directory.get(), log, remote};
    }
};

// One running service. Later members use those before them.
class Service {
public:
    Service(const EnrollmentConfig& config, const Clock& clock)
        : config_(config), clock_(clock), callers_(config.users)
    {
    }
    Status open();
    Status listen();
    void runUntilStopped();

private:
    Status openFiles();
    Result<std::unique_ptr<http::Server>> start(const std::string& name,
        const ListenSettings& where, const tls::ServerSettings& settings, http::Handler handler);
    void reload();
    void lookForCertificate();

    const EnrollmentConfig& config_;
    const Clock& clock_;
    const Log log_{"perennial-enrollment"};
    PosixFileSystem files_;
    std::optional<HeldTemplates> templates_;
    std::unique_ptr<EnrollmentStore> store_;
    std::unique_ptr<ServiceCertificateWatch> certificate_;
    std::unique_ptr<AccessLog> access_; // null: none
    Callers callers_;
    std::unique_ptr<IssuingSide> issuing_;
    std::optional<Authenticator> authenticator_;
    std::optional<SoapEndpoints> endpoints_;
    std::optional<ServiceMetrics> metrics_;
    std::optional<AdminApi> admin_;
    std::optional<WebEnrollment> web_;
    std::optional<HolderRevocation> holders_;
    std::unique_ptr<http::Server> soapServer_;
    std::unique_ptr<http::Server> adminServer_;
    std::optional<PeriodicTask> looking_;
};

Status Service::openFiles()
{
    auto folder = readTemplateFolder(config_.templates);
    if (!folder) return folder.error();
    const auto check = config_.relay ? &RelayService::checkTemplates : nullptr;
    if (check != nullptr) {
        if (auto usable = check(*folder); !usable) return usable;
    }
    templates_.emplace(*std::move(folder), clock_.now(), check);
    auto store = EnrollmentStore::open(config_.databaseFile());
    if (!store) return store.error();
    store_ = *std::move(store);
    auto certificate =
        ServiceCertificateWatch::open(config_.tlsIdentity(), {*store_, clock_, log_});
    if (!certificate) return certificate.error();
    certificate_ = *std::move(certificate);
    if (config_.accessLog.empty()) return {};
    auto access = AccessLog::open(config_.accessLog, clock_, log_);
    if (!access) return access.error().in("access_log");
    access_ = *std::move(access);
    return {};
}

Status Service::open()
{
    if (auto opened = openFiles(); !opened) return opened;
    if (auto opened = callers_.open(config_, log_); !opened) return opened;
    auto issuing = IssuingSide::open(config_, {*templates_, *store_, files_, clock_, log_});
    if (!issuing) return issuing.error();
    issuing_ = *std::move(issuing);
    authenticator_.emplace(callers_.parts(config_, *store_, issuing_->fetchedLists(), log_));
    const auto lists = [&issuing = *issuing_] { return issuing.revocationLists(); };
    if (auto told = tellLoaded(*templates_, *store_, clock_.now(), log_); !told) return told;
    endpoints_.emplace(config_, *templates_, issuing_->certificate(), *authenticator_,
        issuing_->requests(), clock_, log_);
    metrics_.emplace(ServiceMetrics::Parts{*store_, *templates_, *certificate_,
        issuing_->certificate(), lists, issuing_->fetchedLists(), clock_,
        [this] { return access_ ? access_->lostLines() : 0; }});
    admin_.emplace(AdminApi::Parts{*store_, *templates_, callers_.users, *metrics_, clock_, log_,
        issuing_->decisions(), issuing_->revocation(), issuing_->authority()});
    if (!config_.holderRevocation.empty() && issuing_->revocationDesk() != nullptr)
        holders_.emplace(HolderRevocation::Parts{
            *authenticator_, *store_, *issuing_->revocationDesk(), clock_, log_});
    if (config_.webEnrollment)
        web_.emplace(WebEnrollment::Parts{*config_.webEnrollment, *templates_, issuing_->chain(),
            *authenticator_, issuing_->requests(), *store_, lists, config_.urlOf("/certsrv/"),
            clock_, log_});
    return {};
}

Result<std::unique_ptr<http::Server>> Service::start(const std::string& name,
    const ListenSettings& where, const tls::ServerSettings& settings, http::Handler handler)
{
    http::Reception reception;
    reception.answered = [this, name](const http::Call& call, const http::Answer& answer,
                             std::chrono::milliseconds took) {
        metrics_->count(name, answer.status, took);
        if (access_) access_->write(name, call, answer, took);
    };
    http::ServerLimits limits;
    limits.threads = callsAtOnce;
    return http::Server::start(
        {where.host, where.port}, settings, limits, std::move(handler), log_, std::move(reception));
}

Status Service::listen()
{
    using ClientCertificate = tls::ServerSettings::ClientCertificate;
    auto soap = start("endpoints", config_.listen,
        {certificate_->current(), ClientCertificate::Optional, issuing_->chain()},
        [this](const http::Call& call) {
            if (holders_ && call.path == config_.holderRevocation) return holders_->answer(call);
            return web_ && isWebEnrollmentPath(call.path) ? web_->answer(call)
                                                          : endpoints_->answer(call);
        });
    if (!soap) return soap.error();
    soapServer_ = *std::move(soap);
    auto admin =
        start("admin", config_.adminApi, {certificate_->current(), ClientCertificate::No, {}},
            [this](const http::Call& call) { return admin_->answer(call); });
    if (!admin) return admin.error();
    adminServer_ = *std::move(admin);
    log_.info("serving CEP and CES on " + config_.listen.host + ":" +
              std::to_string(soapServer_->port()) + ", the admin API on " + config_.adminApi.host +
              ":" + std::to_string(adminServer_->port()));
    looking_.emplace(certificateInterval, [this] { lookForCertificate(); });
    return {};
}

void Service::lookForCertificate()
{
    certificate_->look([this](const tls::Identity& identity) {
        soapServer_->replaceIdentity(identity);
        adminServer_->replaceIdentity(identity);
    });
}

// What is refused leaves what was there in force.
void Service::reload()
{
    if (access_) access_->reopen();
    lookForCertificate();
    if (auto read = callers_.users.reload(); !read)
        log_.error("users are refused, those from before stay in force: " + read.error().message);
    const auto told = reloadTemplates(*templates_, config_.templates, *store_, clock_.now(), log_);
    if (!told) log_.error("events: " + told.error().message);
}

void Service::runUntilStopped()
{
    while (waitForSignal() != Signal::Stop)
        reload();
    log_.info("stopping");
}

} // namespace

Status serve(const EnrollmentConfig& config, const Clock& clock)
{
    Service service(config, clock);
    if (auto opened = service.open(); !opened) return opened;
    if (auto listening = service.listen(); !listening) return listening;
    service.runUntilStopped();
    return {};
}

} // namespace perennial::enrollment::server
