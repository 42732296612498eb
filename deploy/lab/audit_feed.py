"""Reads the controller's audit feed by its cursor, as a SIEM would."""

import json
import urllib.parse


class AuditFeed:
    def __init__(self, controller):
        self.controller = controller
        self.cursor = None
        self.events = []

    def poll(self):
        """The events that are new since the last call."""
        question = {"limit": "1000"}
        if self.cursor:
            question["cursor"] = self.cursor
        else:
            question["start"] = "earliest"
        page = json.loads(self.controller.get("/v1/audit/events?" + urllib.parse.urlencode(question)))
        self.cursor = page["next_cursor"]
        self.events.extend(page["items"])
        return page["items"]

    def of_order(self, order_id):
        return [event for event in self.events if event.get("correlation_id") == order_id]

    def first(self, kind, order_id=None):
        for event in self.events:
            if event["kind"] == kind and (order_id is None or event.get("correlation_id") == order_id):
                return event
        return None
