"""A module's tests are found by its name, or in the table here."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHORT = 40
"""Lines of a module that needs no tests of its own."""
TESTED_IN = {
    "__init__": "test_public_api",
    "audit/access_checks": "audit/test_audit",
    "audit/answer_checks": "audit/test_audit",
    "audit/audit_report": "audit/test_reports",
    "audit/bounds": "audit/test_audit",
    "audit/finding": "audit/test_reports",
    "audit/ftp_probe": "audit/test_on_real_servers",
    "audit/html_page": "audit/test_reports",
    "audit/hints": "audit/test_boot_matrix",
    "audit/http_probe": "audit/test_audit",
    "audit/kept_out": "test_newest_tls_on_nginx",
    "audit/observations": "audit/test_checks",
    "audit/observe": "audit/test_audit",
    "audit/plan": "audit/test_audit",
    "audit/questions": "audit/test_audit",
    "audit/terminal": "audit/test_reports",
    "audit/site_checks": "audit/test_audit",
    "audit/tls_probe": "audit/test_audit",
    "boot_server/fault_kinds": "boot_server/test_faults",
    "boot_server/http_conversation": "boot_server/test_http",
    "boot_server/http_head": "boot_server/test_http",
    "boot_server/http_passing": "recording/test_transparency",
    "boot_server/http_reading": "boot_server/test_http",
    "boot_server/http_listener": "boot_server/test_http",
    "boot_server/tftp_conversation": "boot_server/test_tftp",
    "boot_server/tftp_listener": "boot_server/test_tftp",
    "cli/audit": "audit/test_reports",
    "cli/audit_plan": "audit/test_reports",
    "cli/boot": "cli/test_verbs",
    "cli/compare": "cli/test_recording",
    "cli/demo": "cli/test_verbs",
    "cli/booted_phone": "cli/test_parameters",
    "cli/explanation_report": "cli/test_explain",
    "cli/file_findings": "cli/test_check",
    "cli/fleet": "fleet/test_virtual_run",
    "cli/fleet_load": "fleet/on_locust/test_load",
    "cli/fleet_option_rules": "fleet/on_locust/test_load",
    "cli/fleet_site": "fleet/population/test_site_folder",
    "cli/license_batch": "cli/test_license",
    "cli/license_delivery": "cli/test_license",
    "cli/license_export": "cli/test_license",
    "cli/main": "cli/test_verbs",
    "cli/models": "cli/test_verbs",
    "cli/option_types": "cli/test_verbs",
    "cli/options": "cli/test_verbs",
    "cli/phone_report": "cli/test_verbs",
    "cli/phone_time": "cli/test_verbs",
    "cli/record": "cli/test_recording",
    "cli/replay": "cli/test_recording",
    "cli/reproduce": "cli/test_fault_catalog",
    "cli/run": "cli/test_verbs",
    "cli/notify": "runtime/network/test_sip_notify",
    "cli/sip_listening": "test_check_sync_by_sipsak",
    "cli/serve": "cli/test_serving",
    "errors": "test_public_api",
    "runtime/network/__init__": "firmware/test_boot_server_move",
    "fault_catalog/activation_files": "fault_catalog/test_cases",
    "fault_catalog/case": "fault_catalog/test_cases",
    "fault_catalog/key_cases": "fault_catalog/test_cases",
    "fault_catalog/exchange_facts": "fault_catalog/test_known_phone",
    "fault_catalog/fact_text": "fault_catalog/test_known_phone",
    "fault_catalog/found_causes": "fault_catalog/test_conclusion",
    "fault_catalog/line_values": "fault_catalog/test_cause_of",
    "fault_catalog/observed_lines": "fault_catalog/test_known_lines",
    "fault_catalog/reproduction": "fault_catalog/test_cases",
    "findings/booted_phone": "findings/test_boot_judgment",
    "findings/virtual_phone": "findings/test_boot_judgment",
    "findings/documents": "findings/test_parameter_files",
    "findings/finding": "findings/test_rules",
    "findings/offline_boot": "findings/test_site",
    "findings/site_check": "findings/test_site",
    "findings/site_phones": "findings/test_site",
    "findings/site_rules": "findings/test_site",
    "findings/subject": "findings/test_single_file",
    "findings/tally": "findings/test_site",
    "firmware/phone_life": "firmware/test_phone",
    "firmware/configuration": "firmware/test_boot",
    "firmware/effects": "firmware/test_typed_seam",
    "firmware/menu_pages": "firmware/test_menu",
    "firmware/network_effects": "firmware/test_typed_seam",
    "firmware/session": "firmware/test_boot",
    "fleet/census": "fleet/protocol/test_run_status",
    "fleet/fleet_phone": "fleet/test_fleet",
    "fleet/interning": "fleet/test_fleet",
    "fleet/on_locust/assigned_run": "fleet/on_locust/test_distributed",
    "fleet/on_locust/assigned_worker": "fleet/on_locust/test_phone_queries",
    "fleet/on_locust/dispatcher": "fleet/on_locust/test_distributed",
    "fleet/on_locust/master": "fleet/on_locust/test_distributed",
    "fleet/on_locust/metrics": "fleet/on_locust/test_page",
    "fleet/on_locust/phone_range": "fleet/on_locust/test_load",
    "fleet/on_locust/runner": "fleet/on_locust/test_load",
    "fleet/on_locust/users": "fleet/on_locust/test_load",
    "fleet/on_locust/worker": "fleet/on_locust/test_distributed",
    "fleet/on_locust/worker_processes": "fleet/on_locust/test_distributed",
    "fleet/phone_clock": "fleet/population/test_patterns",
    "fleet/phone_run": "fleet/test_fleet",
    "fleet/population/bulk_licenses": "fleet/population/test_site_folder",
    "fleet/population/fault_share": "fleet/test_fault_injection",
    "fleet/protocol/census_message": "fleet/protocol/test_run_status",
    "fleet/protocol/message": "fleet/protocol/test_run_setup",
    "fleet/transport/connection": "fleet/transport/test_fleet_transports",
    "fleet/transport/http": "fleet/transport/test_fleet_transports",
    "fleet/transport/plain_address": "fleet/transport/test_fleet_transports",
    "fleet/transport/response_reader": "fleet/transport/test_fleet_transports",
    "fleet/transport/single_phone": "fleet/transport/test_fleet_transports",
    "fleet/transport/sockets": "fleet/transport/test_fleet_transports",
    "fleet/transport/tftp": "fleet/transport/test_fleet_transports",
    "fleet/transport/tftp_exchange": "fleet/transport/test_fleet_transports",
    "fleet/transport/tftp_packets": "fleet/transport/test_fleet_transports",
    "licensing/key_check": "runtime/test_activation_file",
    "pytest_plugin/boot_servers": "test_pytest_plugin_fixtures",
    "pytest_plugin/phone_factory": "test_pytest_plugin_fixtures",
    "pytest_plugin/scenario_files": "scenario/test_collection",
    "recording/dialogue": "recording/test_json_lines",
    "recording/files": "recording/test_json_lines",
    "runtime/log_sink": "runtime/test_log_upload",
    "runtime/lookup": "runtime/network/test_syslog",
    "runtime/model_files": "test_models",
    "runtime/network/dhcp_packets": "runtime/network/test_dhcp",
    "runtime/performer": "runtime/test_driver",
    "runtime/transport/__init__": "runtime/transport/test_transports",
    "runtime/transport/bounded_socket": "runtime/transport/test_http",
    "runtime/transport/memory": "runtime/transport/test_transports",
    "scenario/expectations": "scenario/test_run",
    "scenario/licenses": "scenario/test_run",
    "scenario/remote_server": "scenario/test_named_server",
    "scenario/scenario": "scenario/test_read",
    "scenario/scenario_report": "cli/test_scenario",
    "scenario/server": "scenario/test_run",
    "scenario/steps": "scenario/test_run",
    "scenario/target_server": "scenario/test_named_server",
    "toml_lines": "test_toml_table",
    "web/app": "web/test_pages",
    "web/desk/api_bodies": "web/desk/test_api",
    "web/desk/events": "web/test_stream",
    "web/desk/life_file": "web/test_in_browser",
    "web/desk/phone": "web/desk/test_desk",
    "web/desk/server": "web/desk/test_desk",
    "web/desk/views": "web/desk/test_api",
    "web/faces/gallery": "web/faces/test_screen_in_chromium",
    "web/portal/forms": "web/portal/test_orders",
    "web/portal/service": "web/test_server",
    "web_access": "web/test_security",
    "web_answers": "web/test_security",
}


def long_modules() -> Iterator[str]:
    """Modules that need tests, by their path in the package."""
    for file in sorted((ROOT / "phone_sim").rglob("*.py")):
        if len(file.read_text().splitlines()) > SHORT:
            yield file.relative_to(ROOT / "phone_sim").with_suffix("").as_posix()


def by_name(module: str) -> Path:
    """The file of a module's tests; those of a package are named after it."""
    place = Path("tests", module)
    place = place.parent if place.name == "__init__" else place
    return ROOT / place.with_name(f"test_{place.name}.py")


def test_tests_are_found_by_name_or_in_the_table() -> None:
    lost = [module for module in long_modules() if not by_name(module).exists() and module not in TESTED_IN]
    assert lost == [], "give them test modules of their names, or say in TESTED_IN where their tests are"


def test_table_is_up_to_date() -> None:
    assert [module for module in TESTED_IN if by_name(module).exists()] == []
    assert [module for module in TESTED_IN if not (ROOT / "phone_sim" / f"{module}.py").exists()] == []
    assert [place for place in TESTED_IN.values() if not (ROOT / "tests" / f"{place}.py").exists()] == []
