#include "controller/storage/controller_migrations.h"

namespace perennial::controller {

namespace {

constexpr std::string_view first = R"(
CREATE TABLE agents (
  agent_id TEXT PRIMARY KEY,
  host TEXT NOT NULL,
  labels TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('active', 'silent', 'revoked')),
  joined_at INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  identity_not_after INTEGER NOT NULL,
  epoch TEXT NOT NULL,
  last_sequence INTEGER NOT NULL,
  inventory_digest TEXT NOT NULL,
  policy_commit TEXT NOT NULL
);
CREATE TABLE join_tokens (
  id TEXT PRIMARY KEY,
  secret_hash TEXT NOT NULL,
  host TEXT NOT NULL,
  labels TEXT NOT NULL,
  created_by TEXT NOT NULL,
  expires INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  used_by TEXT NOT NULL,
  revoked INTEGER NOT NULL
);
CREATE TABLE slots (
  agent_id TEXT NOT NULL REFERENCES agents (agent_id),
  slot_id TEXT NOT NULL,
  slot TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  not_after INTEGER NOT NULL,
  told_days INTEGER NOT NULL,
  PRIMARY KEY (agent_id, slot_id)
);
CREATE INDEX slots_not_after ON slots (not_after);
CREATE TABLE orders (
  order_id TEXT PRIMARY KEY,
  agent_id TEXT NOT NULL,
  slot_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  replaces TEXT NOT NULL,
  name TEXT NOT NULL,
  policy TEXT NOT NULL,
  policy_commit TEXT NOT NULL,
  reason TEXT NOT NULL,
  origin TEXT NOT NULL,
  state TEXT NOT NULL,
  open INTEGER NOT NULL,
  ordered_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  old_serial TEXT NOT NULL,
  new_serial TEXT NOT NULL,
  message TEXT NOT NULL,
  milliseconds INTEGER NOT NULL
);
CREATE UNIQUE INDEX orders_one_open ON orders (agent_id, slot_id) WHERE open = 1;
CREATE INDEX orders_by_time ON orders (ordered_at);
CREATE TABLE operators (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'auditor', 'operator')),
  token_hash TEXT NOT NULL UNIQUE
);
CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
))";

// What is looked for across agents, and what the enrolment service told.
constexpr std::string_view acrossAgents = R"(
CREATE TABLE slot_serials (
  agent_id TEXT NOT NULL,
  slot_id TEXT NOT NULL,
  issuer TEXT NOT NULL,
  serial TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  PRIMARY KEY (agent_id, slot_id)
);
CREATE INDEX slot_serials_serial ON slot_serials (serial, issuer);
CREATE TABLE slot_names (
  agent_id TEXT NOT NULL,
  slot_id TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (agent_id, slot_id, name)
);
CREATE INDEX slot_names_name ON slot_names (name, agent_id);
CREATE TABLE ca_revocations (
  serial TEXT PRIMARY KEY,
  reason TEXT NOT NULL
);
CREATE TABLE ca_renewals (
  serial TEXT PRIMARY KEY,
  renews TEXT NOT NULL,
  requester TEXT NOT NULL,
  address TEXT NOT NULL,
  issued_at INTEGER NOT NULL
);
CREATE INDEX orders_new_serial ON orders (new_serial);
CREATE INDEX orders_old_serial ON orders (old_serial);
INSERT INTO slot_serials SELECT agent_id, slot_id, json_extract(slot, '$.certificate.issuer'),
  json_extract(slot, '$.certificate.serial'), fingerprint FROM slots
  WHERE NOT json_extract(slot, '$.certificate.self_signed');
INSERT OR IGNORE INTO slot_names SELECT slots.agent_id, slots.slot_id, named.value FROM slots,
  json_each(slots.slot, '$.certificate.names') AS named
  WHERE NOT json_extract(slots.slot, '$.certificate.self_signed')
)";

// Agents that were heard twice at once, and the processes by which that is seen.
constexpr const char* quarantines = R"(
CREATE TABLE quarantines (
  agent_id TEXT PRIMARY KEY,
  since INTEGER NOT NULL
);
CREATE TABLE agent_instances (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  agent_id TEXT NOT NULL,
  instance TEXT NOT NULL,
  first_seen INTEGER NOT NULL
);
CREATE INDEX agent_instances_by_agent ON agent_instances (agent_id, position))";

// What proves whose a renewal at the authority is. Told so far: the slots as they are now, and what
// completed orders put there.
constexpr std::string_view renewalProofs = R"(
CREATE TABLE slot_history (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  agent_id TEXT NOT NULL,
  slot_id TEXT NOT NULL,
  serial TEXT NOT NULL,
  UNIQUE (agent_id, slot_id, serial)
);
CREATE INDEX slot_history_serial ON slot_history (serial, position);
INSERT OR IGNORE INTO slot_history (agent_id, slot_id, serial)
  SELECT agent_id, slot_id, old_serial FROM orders WHERE origin = 'controller' AND old_serial <> ''
  ORDER BY ordered_at;
INSERT OR IGNORE INTO slot_history (agent_id, slot_id, serial)
  SELECT agent_id, slot_id, serial FROM slot_serials;
ALTER TABLE orders ADD COLUMN new_key TEXT NOT NULL DEFAULT '';
ALTER TABLE ca_renewals ADD COLUMN public_key TEXT NOT NULL DEFAULT '';
ALTER TABLE ca_renewals ADD COLUMN heard_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ca_renewals ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ca_revocations ADD COLUMN active INTEGER NOT NULL DEFAULT 1;
ALTER TABLE ca_revocations ADD COLUMN event_time INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ca_revocations ADD COLUMN event_id INTEGER NOT NULL DEFAULT 0)";

// Of slots that a policy ruled and none does now.
constexpr std::string_view formerPolicies =
    "ALTER TABLE slots ADD COLUMN former_policy TEXT NOT NULL DEFAULT ''";

// Ways to misuse the templates of the watched service, those that were told.
constexpr std::string_view templateRisks = R"(
CREATE TABLE ca_template_risks (
  template TEXT NOT NULL,
  risk TEXT NOT NULL,
  PRIMARY KEY (template, risk)
))";

} // namespace

std::vector<sql::Migration> controllerMigrations(std::string_view outbox)
{
    return {{1, first}, {2, outbox}, {3, acrossAgents}, {4, quarantines}, {5, renewalProofs},
        {6, formerPolicies}, {7, templateRisks}};
}

} // namespace perennial::controller
