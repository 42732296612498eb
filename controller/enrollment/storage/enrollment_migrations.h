#pragma once

#include "shared/sql/database.h"

#include <vector>

namespace perennial::enrollment::server {

// The tables of perennial-enrollment's own database, as they came to be.
inline std::vector<sql::Migration> enrollmentMigrations()
{
    return {{1, R"(
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
))"}};
}

} // namespace perennial::enrollment::server
