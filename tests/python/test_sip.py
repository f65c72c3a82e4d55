"""The SIP service of the server API, as an unmodified server SDK uses it."""

import pytest
import pytest_asyncio
from livekit import api
from livekit.protocol.models import ListUpdate


@pytest.fixture(scope="module")
def house(program):
    """A post and an extension, to which public numbers can lead."""
    program.run("post", "add", "Cotonou", "--country", "BJ")
    program.run("extension", "add", "201", "--name", "Awa")
    return program


@pytest_asyncio.fixture
async def server(house):
    async with api.LiveKitAPI(house.url, house.key, house.secret) as server:
        yield server


async def test_a_trunk_is_made_changed_listed_and_deleted(server):
    trunk = api.SIPOutboundTrunkInfo(
        name="Orange", address="sip.example.org:5080", numbers=["+22921300000"], auth_username="u", auth_password="p"
    )
    made = await server.sip.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest(trunk=trunk))
    assert (made.name, made.address, list(made.numbers)) == ("Orange", "sip.example.org:5080", ["+22921300000"])
    assert made.auth_password == "", "a password is told to nobody"

    changed = await server.sip.update_outbound_trunk_fields(made.sip_trunk_id, name="Moov")
    assert (changed.name, changed.address, changed.auth_username) == ("Moov", "sip.example.org:5080", "u")
    inbound = await server.sip.update_inbound_trunk_fields(
        made.sip_trunk_id, allowed_addresses=ListUpdate(set=["192.0.2.1"])
    )
    assert list(inbound.allowed_addresses) == ["192.0.2.1"]
    listed = await server.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())
    assert [item.sip_trunk_id for item in listed.items] == [made.sip_trunk_id]

    await server.sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=made.sip_trunk_id))
    listed = await server.sip.list_outbound_trunk(api.ListSIPOutboundTrunkRequest())
    assert len(listed.items) == 0


async def test_a_rule_leads_the_calls_of_a_trunk_to_an_extension(server):
    trunk = api.SIPInboundTrunkInfo(name="Celtiis", allowed_addresses=["192.0.2.2"])
    trunk = await server.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=trunk))
    rule = api.CreateSIPDispatchRuleRequest(
        trunk_ids=[trunk.sip_trunk_id],
        rule=api.SIPDispatchRule(dispatch_rule_callee=api.SIPDispatchRuleCallee(room_prefix="call-")),
        attributes={"palabre.number": "201"},
    )
    made = await server.sip.create_dispatch_rule(rule)
    assert list(made.trunk_ids) == [trunk.sip_trunk_id]

    listed = await server.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())
    assert [item.attributes["palabre.number"] for item in listed.items] == ["201"]
    await server.sip.delete_dispatch_rule(
        api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=made.sip_dispatch_rule_id)
    )
    await server.sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=trunk.sip_trunk_id))


async def test_what_cannot_be_done_is_an_error_of_the_sdk(server):
    with pytest.raises(api.TwirpError) as refused:
        await server.sip.create_inbound_trunk(
            api.CreateSIPInboundTrunkRequest(trunk=api.SIPInboundTrunkInfo(name="open to all"))
        )
    assert refused.value.code == "invalid_argument" and "allowed_addresses" in refused.value.message
    call = api.CreateSIPParticipantRequest(sip_call_to="202", sip_number="201", room_name="room")
    with pytest.raises(api.TwirpError) as refused:
        await server.sip.create_sip_participant(call)
    assert refused.value.code == "unavailable", "phones are switched off in this program"
