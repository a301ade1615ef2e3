"""Patron's own contract from Python: the calls that an application would make, of each kind that it has.

`tests/suite/clients.rs` starts Patron and says where it is.
"""

import datetime
import os
import unittest
import uuid

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

import stubs

CUSTOMERS = "patron/profile/v1/customers"
EXPORTS = "patron/profile/v1/exports"
INTERACTIONS = "patron/profile/v1/interactions"
FEED = "patron/events/v1/events"
stubs.generate(*(f"{file}.proto" for file in (CUSTOMERS, EXPORTS, INTERACTIONS, FEED)))

#: No call of these tests may take longer.
PATIENCE = 30


class Patron(unittest.TestCase):
    def setUp(self):
        self.channel = grpc.insecure_channel(os.environ["GATEWAY"], compression=grpc.Compression.Gzip)
        self.addCleanup(self.channel.close)
        token = os.environ["TOKEN"]
        self.known = {"metadata": [("authorization", f"Bearer {token}")], "timeout": PATIENCE}

    def stub(self, file, service):
        messages, services = stubs.load(file)
        return messages, getattr(services, f"{service}Stub")(self.channel)

    def new_customer(self):
        customers, stub = self.stub(CUSTOMERS, "CustomerService")
        phone = customers.Identifier(kind="phone", value=f"+4479{uuid.uuid4().int % 10**8:08}")
        customer = customers.Customer(display_name="Ada Python", region_code="GB", identifiers=[phone])
        asked = customers.CreateCustomerRequest(request_id=str(uuid.uuid4()), customer=customer)
        return asked, stub.CreateCustomer(asked, **self.known)

    def test_unary_calls_make_and_read_and_repeat(self):
        customers, stub = self.stub(CUSTOMERS, "CustomerService")
        asked, made = self.new_customer()
        again, call = stub.CreateCustomer.with_call(asked, **self.known)
        self.assertEqual(again, made)
        told = (*call.initial_metadata(), *call.trailing_metadata())
        self.assertIn(("patron-replayed", "true"), told)
        read = stub.GetCustomer(
            customers.GetCustomerRequest(customer_id=made.customer_id), **self.known
        )
        self.assertEqual(read.display_name, "Ada Python")

    def test_a_refusal_names_its_reason_and_the_wrong_fields(self):
        customers, stub = self.stub(CUSTOMERS, "CustomerService")
        with self.assertRaises(grpc.RpcError) as refused:
            stub.GetCustomer(customers.GetCustomerRequest(customer_id="seven"), **self.known)
        self.assertEqual(refused.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        status = rpc_status.from_call(refused.exception)
        info, fields = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        self.assertTrue(any(detail.Unpack(info) for detail in status.details))
        self.assertTrue(any(detail.Unpack(fields) for detail in status.details))
        self.assertEqual((info.domain, info.reason), ("patron", "INVALID_ARGUMENT"))
        self.assertEqual([it.field for it in fields.field_violations], ["customer_id"])

    def test_a_stream_of_requests_is_recorded(self):
        interactions, stub = self.stub(INTERACTIONS, "InteractionService")
        _, customer = self.new_customer()
        count = 500

        def visits():
            for number in range(count):
                visit = interactions.Interaction(
                    source="python",
                    interaction_id=f"{customer.customer_id}-{number}",
                    customer_id=customer.customer_id,
                    kind=interactions.Interaction.KIND_VISIT,
                    channel="store",
                )
                visit.occur_time.FromDatetime(datetime.datetime.now(datetime.timezone.utc))
                yield interactions.RecordInteractionsRequest(interaction=visit)

        answer = stub.RecordInteractions(visits(), **self.known)
        self.assertEqual((answer.recorded_count, answer.refused_count), (count, 0))

    def test_a_stream_of_answers_is_read_to_its_end(self):
        exports, stub = self.stub(EXPORTS, "ExportService")
        self.new_customer()
        answers = list(stub.ExportCustomers(exports.ExportCustomersRequest(limit=5), **self.known))
        self.assertTrue(1 <= len(answers) <= 5, len(answers))
        last = exports.ExportCustomersRequest(resume_token=answers[-1].resume_token)
        after = [answer.customer.customer_id for answer in stub.ExportCustomers(last, **self.known)]
        self.assertNotIn(answers[0].customer.customer_id, after)

    def test_the_feed_is_followed_until_it_is_given_up(self):
        feed, stub = self.stub(FEED, "EventFeedService")
        _, customer = self.new_customer()
        cursors = [feed.ShardCursor(shard=shard) for shard in range(64)]
        known = {**self.known, "metadata": [*self.known["metadata"], ("patron-service", "profile")]}
        follow = stub.Follow(feed.FollowRequest(consumer="python", cursors=cursors), **known)
        seen = (event for answer in follow for event in answer.events)
        self.assertTrue(any(event.subject_id == customer.customer_id for event in seen))
        follow.cancel()
        self.assertEqual(follow.code(), grpc.StatusCode.CANCELLED)


if __name__ == "__main__":
    unittest.main()
