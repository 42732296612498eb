#include "controller/enrollment/storage/enrollment_store.h"

#include "controller/enrollment/storage/enrollment_migrations.h"

namespace perennial::enrollment::server {

namespace {

std::int64_t toStored(TimePoint time) { return time.time_since_epoch().count(); }
TimePoint fromStored(std::int64_t seconds) { return TimePoint(Duration(seconds)); }

constexpr const char* requestColumns =
    "SELECT id, state, kind, requester, template, subject, "
    "names, request, received_at, decided_at, "
    "decided_by, serial, message, upstream_id, renews, account, rights FROM "
    "requests ";
constexpr const char* certificateColumns = "SELECT serial, request_id, subject, template, "
                                           "not_before, not_after, fingerprint, revoked, der, test "
                                           "FROM certificates ";

RequestRecord requestOf(const sql::Row& row)
{
    return {row.integer(0), row.text(1), row.text(2), row.text(3), row.text(4), row.text(5),
        row.text(6), row.blob(7), fromStored(row.integer(8)), fromStored(row.integer(9)),
        row.text(10), row.text(11), row.text(12), row.text(13), row.text(14), row.text(15),
        row.text(16)};
}

CertificateRecord certificateOf(const sql::Row& row)
{
    return {row.text(0), row.integer(1), row.text(2), row.text(3), fromStored(row.integer(4)),
        fromStored(row.integer(5)), row.text(6), row.integer(7) != 0, row.blob(8),
        row.integer(9) != 0};
}

Status insertCertificate(sql::Session& session, std::int64_t requestId,
    const std::string& templateName, const x509::Certificate& certificate, bool isTest)
{
    const auto done = session.execute(
        "INSERT INTO certificates (serial, request_id, subject, template, not_before, not_after, "
        "fingerprint, der, test) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {certificate.serial(), requestId, certificate.subject(), templateName,
            toStored(certificate.notBefore()), toStored(certificate.notAfter()),
            certificate.fingerprint(), sql::Blob{certificate.toDer()},
            std::int64_t{isTest ? 1 : 0}});
    if (!done) return done.error();
    return {};
}

// Nobody decides again about what was denied: a large one would only fill the disk.
bool isKept(const RequestRecord& request)
{
    constexpr std::size_t deniedLimit = 8192; // a PKCS#10 of RSA 4096 with fifty names
    return request.state != "denied" || request.request.size() <= deniedLimit;
}

// What a CA says before it has decided (AD CS 4886). Certificates that the service made for itself
// were never asked for.
Status insertReceived(sql::Session& session, std::int64_t id, const RequestRecord& request)
{
    if (request.request.empty()) return {};
    Json details;
    details["request_id"] = id;
    details["requester"] = request.requester;
    details["template"] = request.templateName;
    details["adcs_event"] = 4886;
    return insertEvent(session, "request.submitted", request.receivedAt, details);
}

} // namespace

Result<std::unique_ptr<EnrollmentStore>> EnrollmentStore::open(const std::string& file)
{
    auto database = sql::Database::open(file, enrollmentMigrations());
    if (!database) return database.error();
    return std::unique_ptr<EnrollmentStore>(new EnrollmentStore(*std::move(database)));
}

Result<std::int64_t> EnrollmentStore::add(const RequestRecord& request,
    const x509::Certificate* certificate, const std::string& eventKind, const Json& event)
{
    std::int64_t id = 0;
    const auto stored = database_->transaction([&](sql::Session& session) -> Status {
        const auto inserted = session.execute(
            "INSERT INTO requests (state, kind, requester, template, subject, names, request, "
            "received_at, "
            "decided_at, decided_by, serial, message, upstream_id, renews, account, rights) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            {request.state, request.kind, request.requester, request.templateName, request.subject,
                request.names, sql::Blob{isKept(request) ? request.request : Bytes()},
                toStored(request.receivedAt), toStored(request.decidedAt), request.decidedBy,
                certificate != nullptr ? certificate->serial() : std::string(), request.message,
                request.upstreamId, request.renews, request.account, request.rights});
        if (!inserted) return inserted.error();
        const auto row = session.query("SELECT last_insert_rowid()");
        if (!row) return row.error();
        id = row->front().integer(0);
        if (auto done = insertReceived(session, id, request); !done) return done;
        if (certificate != nullptr) {
            if (auto done = insertCertificate(
                    session, id, request.templateName, *certificate, request.isTest);
                !done)
                return done;
        }
        Json details = event;
        details["request_id"] = id;
        return insertEvent(session, eventKind, request.receivedAt, details);
    });
    if (!stored) return stored.error();
    return id;
}

Result<std::int64_t> EnrollmentStore::addPending(const RequestRecord& request, const Json& event)
{
    return add(request, nullptr, "request.pending", event);
}

Result<std::int64_t> EnrollmentStore::addDenied(const RequestRecord& request, const Json& event)
{
    return add(request, nullptr, "request.denied", event);
}

Result<std::int64_t> EnrollmentStore::addIssued(
    const RequestRecord& request, const x509::Certificate& certificate, const Json& event)
{
    return add(request, &certificate, "certificate.issued", event);
}

Status EnrollmentStore::addOwn(
    const x509::Certificate& certificate, const std::string& maker, TimePoint now)
{
    RequestRecord record;
    record.state = "issued";
    record.kind = "new";
    record.requester = maker;
    record.subject = certificate.subject();
    record.receivedAt = now;
    record.decidedAt = now;
    record.decidedBy = maker;
    record.serial = certificate.serial();
    record.message = "Issued";
    Json event;
    event["requester"] = maker;
    event["subject"] = certificate.subject();
    event["serial"] = certificate.serial();
    event["adcs_event"] = 4887;
    const auto added = addIssued(record, certificate, event);
    if (!added) return added.error();
    return {};
}

Status EnrollmentStore::approve(std::int64_t id, const std::string& by, TimePoint now,
    const x509::Certificate& certificate, const Json& event)
{
    return database_->transaction([&](sql::Session& session) -> Status {
        const auto changed = session.execute("UPDATE requests SET state = 'issued', decided_at = "
                                             "?, decided_by = ?, serial = ?, message = "
                                             "'Issued' WHERE id = ? AND state = 'pending'",
            {toStored(now), by, certificate.serial(), id});
        if (!changed) return changed.error();
        if (*changed == 0)
            return Error{ErrorKind::Conflict, "request " + std::to_string(id) + " is not pending"};
        const auto row = session.query("SELECT template FROM requests WHERE id = ?", {id});
        if (!row) return row.error();
        if (auto done = insertCertificate(session, id, row->front().text(0), certificate, false);
            !done)
            return done;
        return insertEvent(session, "certificate.issued", now, event);
    });
}

Status EnrollmentStore::deny(std::int64_t id, const std::string& by, TimePoint now,
    const std::string& reason, const Json& event)
{
    return database_->transaction([&](sql::Session& session) -> Status {
        const auto changed = session.execute("UPDATE requests SET state = 'denied', decided_at = "
                                             "?, decided_by = ?, message = ? WHERE id = ? "
                                             "AND state = 'pending'",
            {toStored(now), by, reason, id});
        if (!changed) return changed.error();
        if (*changed == 0)
            return Error{ErrorKind::Conflict, "request " + std::to_string(id) + " is not pending"};
        return insertEvent(session, "request.denied", now, event);
    });
}

Status EnrollmentStore::addEvent(const std::string& kind, TimePoint now, const Json& details)
{
    return database_->transaction(
        [&](sql::Session& session) { return insertEvent(session, kind, now, details); });
}

Result<std::optional<RequestRecord>> EnrollmentStore::findRequest(std::int64_t id)
{
    std::optional<RequestRecord> found;
    const auto done = database_->read([&](sql::Session& session) -> Status {
        const auto rows = session.query(std::string(requestColumns) + "WHERE id = ?", {id});
        if (!rows) return rows.error();
        if (!rows->empty()) found = requestOf(rows->front());
        return {};
    });
    if (!done) return done.error();
    return found;
}

Result<std::vector<RequestRecord>> EnrollmentStore::requests(
    const std::string& state, std::int64_t limit)
{
    std::vector<RequestRecord> found;
    const auto done = database_->read([&](sql::Session& session) -> Status {
        const auto rows = session.query(
            std::string(requestColumns) + "WHERE ? = '' OR state = ? ORDER BY id DESC LIMIT ?",
            {state, state, limit});
        if (!rows) return rows.error();
        for (const auto& row : *rows)
            found.push_back(requestOf(row));
        return {};
    });
    if (!done) return done.error();
    return found;
}

Result<std::optional<CertificateRecord>> EnrollmentStore::findCertificate(const std::string& serial)
{
    std::optional<CertificateRecord> found;
    const auto done = database_->read([&](sql::Session& session) -> Status {
        const auto rows =
            session.query(std::string(certificateColumns) + "WHERE serial = ?", {serial});
        if (!rows) return rows.error();
        if (!rows->empty()) found = certificateOf(rows->front());
        return {};
    });
    if (!done) return done.error();
    return found;
}

Result<std::string> EnrollmentStore::firstRequesterOf(const std::string& serial)
{
    // Renewals of earlier versions say what they renew by their requester alone, if at all.
    constexpr const char* chain =
        "WITH RECURSIVE line (depth, requester, older) AS ("
        "SELECT 0, '', ? UNION ALL SELECT depth + 1, r.requester, CASE WHEN r.renews <> '' "
        "THEN r.renews WHEN r.requester LIKE 'certificate %' THEN substr(r.requester, 13) "
        "ELSE '' END FROM line JOIN certificates c ON c.serial = line.older "
        "JOIN requests r ON r.id = c.request_id) "
        "SELECT CASE WHEN older = '' THEN requester ELSE '' END FROM line "
        "ORDER BY depth DESC LIMIT 1";
    std::string first;
    const auto done = database_->read([&](sql::Session& session) -> Status {
        const auto rows = session.query(chain, {serial});
        if (!rows) return rows.error();
        first = rows->front().text(0);
        return {};
    });
    if (!done) return done.error();
    return first;
}

Result<std::vector<CertificateRecord>> EnrollmentStore::certificates(std::int64_t limit)
{
    std::vector<CertificateRecord> found;
    const auto done = database_->read([&](sql::Session& session) -> Status {
        const auto rows = session.query(
            std::string(certificateColumns) + "ORDER BY request_id DESC LIMIT ?", {limit});
        if (!rows) return rows.error();
        for (const auto& row : *rows)
            found.push_back(certificateOf(row));
        return {};
    });
    if (!done) return done.error();
    return found;
}

Result<std::vector<RequestRecord>> EnrollmentStore::requestsOf(
    const std::string& requester, const std::string& state, std::int64_t limit)
{
    std::vector<RequestRecord> found;
    const auto done = database_->read([&](sql::Session& session) -> Status {
        const auto rows = session.query(std::string(requestColumns) +
                                            "WHERE requester = ? AND (? = '' OR state = ?) "
                                            "ORDER BY id DESC LIMIT ?",
            {requester, state, state, limit});
        if (!rows) return rows.error();
        for (const auto& row : *rows)
            found.push_back(requestOf(row));
        return {};
    });
    if (!done) return done.error();
    return found;
}

Result<std::vector<CertificateRecord>> EnrollmentStore::certificatesOf(
    const std::string& requester, std::int64_t limit)
{
    std::vector<CertificateRecord> found;
    const auto done = database_->read([&](sql::Session& session) -> Status {
        const auto rows = session.query(std::string(certificateColumns) +
                                            "WHERE request_id IN (SELECT id FROM requests WHERE "
                                            "requester = ? AND state = 'issued' ORDER BY id DESC "
                                            "LIMIT ?) ORDER BY request_id DESC",
            {requester, limit});
        if (!rows) return rows.error();
        for (const auto& row : *rows)
            found.push_back(certificateOf(row));
        return {};
    });
    if (!done) return done.error();
    return found;
}

Result<EnrollmentStore::Counts> EnrollmentStore::counts()
{
    Counts counts;
    const auto done = database_->read([&](sql::Session& session) -> Status {
        const auto requests = session.query("SELECT state, COUNT(*) FROM requests GROUP BY state");
        if (!requests) return requests.error();
        for (const auto& row : *requests)
            counts.requests[row.text(0)] = row.integer(1);
        const auto certificates =
            session.query("SELECT COUNT(*), COALESCE(SUM(revoked), 0) FROM certificates");
        if (!certificates) return certificates.error();
        counts.certificates = certificates->front().integer(0);
        counts.revoked = certificates->front().integer(1);
        return {};
    });
    if (!done) return done.error();
    return counts;
}

Status EnrollmentStore::putAdmin(const Admin& admin, const std::string& tokenHash, TimePoint now)
{
    return database_->transaction([&](sql::Session& session) -> Status {
        const auto done = session.execute(
            "INSERT INTO admins (name, role, token_hash) VALUES (?, ?, ?) ON CONFLICT (name) DO "
            "UPDATE SET role = excluded.role, token_hash = excluded.token_hash",
            {admin.name, admin.role, tokenHash});
        if (!done) return done.error();
        Json details;
        details["name"] = admin.name;
        details["role"] = admin.role;
        details["by"] = "local"; // only the command line makes tokens
        details["adcs_event"] = 4882;
        return insertEvent(session, "admin.added", now, details);
    });
}

Result<std::optional<EnrollmentStore::Admin>> EnrollmentStore::findAdmin(
    const std::string& tokenHash)
{
    std::optional<Admin> found;
    const auto done = database_->read([&](sql::Session& session) -> Status {
        const auto rows =
            session.query("SELECT name, role FROM admins WHERE token_hash = ?", {tokenHash});
        if (!rows) return rows.error();
        if (!rows->empty()) found = Admin{rows->front().text(0), rows->front().text(1)};
        return {};
    });
    if (!done) return done.error();
    return found;
}

} // namespace perennial::enrollment::server
