#pragma once

#include "shared/sql/database.h"

#include <vector>

namespace perennial::enrollment::server {

namespace migrations {

inline constexpr const char* firstTables = R"(
CREATE TABLE requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL CHECK (state IN ('pending', 'issued', 'denied')),
  kind TEXT NOT NULL CHECK (kind IN ('new', 'renewal')),
  requester TEXT NOT NULL,
  template TEXT NOT NULL,
  subject TEXT NOT NULL,
  names TEXT NOT NULL,
  request BLOB NOT NULL,
  received_at INTEGER NOT NULL,
  decided_at INTEGER NOT NULL,
  decided_by TEXT NOT NULL,
  serial TEXT NOT NULL,
  message TEXT NOT NULL
);
CREATE INDEX requests_state ON requests (state, id);
CREATE TABLE certificates (
  serial TEXT PRIMARY KEY,
  request_id INTEGER NOT NULL REFERENCES requests (id),
  subject TEXT NOT NULL,
  template TEXT NOT NULL,
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  fingerprint TEXT NOT NULL UNIQUE,
  revoked INTEGER NOT NULL DEFAULT 0,
  der BLOB NOT NULL
);
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  kind TEXT NOT NULL,
  details TEXT NOT NULL
);
CREATE TABLE admins (
  name TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE
))";

// The change counts up: a delta CRL holds what changed after its base CRL was made. No reference to
// certificates: a CRL may name one that a restored database has forgotten.
inline constexpr const char* revocationTables = R"(
CREATE TABLE revocations (
  serial TEXT PRIMARY KEY,
  reason INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL,
  revoked_by TEXT NOT NULL,
  not_after INTEGER NOT NULL,
  change INTEGER NOT NULL UNIQUE
);
INSERT INTO revocations SELECT serial, 0, not_before, '', not_after, rowid
  FROM certificates WHERE revoked = 1;
CREATE TABLE revocation_lists (
  kind TEXT NOT NULL CHECK (kind IN ('base', 'delta')),
  number INTEGER NOT NULL,
  next_publish INTEGER NOT NULL,
  last_change INTEGER NOT NULL,
  der BLOB NOT NULL,
  PRIMARY KEY (kind, number)
))";

inline constexpr const char* upstreamRequest = R"(
ALTER TABLE requests ADD COLUMN upstream_id TEXT NOT NULL DEFAULT '')";

inline constexpr const char* requestsOfOne = R"(
CREATE INDEX requests_requester ON requests (requester, id))";

// Readers of the events keep it: another one under the old address is another list.
inline constexpr const char* databaseIdentity = R"(
CREATE TABLE database_identity (id TEXT NOT NULL);
INSERT INTO database_identity VALUES (lower(hex(randomblob(16)))))";

// What is renewed was to be read from the request alone, and a bare PKCS#10 that stands for a
// renewal does not say it.
inline constexpr const char* renewalsAndTests = R"(
ALTER TABLE requests ADD COLUMN renews TEXT NOT NULL DEFAULT '';
ALTER TABLE certificates ADD COLUMN test INTEGER NOT NULL DEFAULT 0;
UPDATE certificates SET test = 1
  WHERE request_id IN (SELECT id FROM requests WHERE requester = 'issue-test'))";

// Tokens of before could do everything.
inline constexpr const char* adminRoles = R"(
ALTER TABLE admins ADD COLUMN role TEXT NOT NULL DEFAULT 'operator'
  CHECK (role IN ('viewer', 'auditor', 'operator')))";

// Of a request that waits and whose names are built: what was known of its caller.
inline constexpr const char* accountOfRequest = R"(
ALTER TABLE requests ADD COLUMN account TEXT NOT NULL DEFAULT '')";

// Of a request that waits: its caller's groups and TLS certificate, on which rights may hang.
inline constexpr const char* rightsOfRequest = R"(
ALTER TABLE requests ADD COLUMN rights TEXT NOT NULL DEFAULT '')";

} // namespace migrations

// The tables of perennial-enrollment's own database, as they came to be.
inline std::vector<sql::Migration> enrollmentMigrations()
{
    return {{1, migrations::firstTables}, {2, migrations::revocationTables},
        {3, migrations::upstreamRequest}, {4, migrations::requestsOfOne},
        {5, migrations::databaseIdentity}, {6, migrations::renewalsAndTests},
        {7, migrations::adminRoles}, {8, migrations::accountOfRequest},
        {9, migrations::rightsOfRequest}};
}

} // namespace perennial::enrollment::server
