-- What is written about people in words (reasons, proofs, references) is sealed under the key of the customer at whose id the
-- row stands, for its place. Beside each text is its sealed form; the text is empty then. Where there is a text it was
-- written by a release before, and stands until it is sealed.
SET LOCAL lock_timeout = '2s';

-- Under the key of the older of the two.
ALTER TABLE links ADD COLUMN sealed_reason bytea, ADD COLUMN sealed_undone_reason bytea;
ALTER TABLE match_candidates ADD COLUMN sealed_reason bytea;
ALTER TABLE tag_changes ADD COLUMN sealed_reason bytea;
ALTER TABLE legal_holds ADD COLUMN sealed_reason bytea, ADD COLUMN sealed_release_reason bytea;
ALTER TABLE restrictions ADD COLUMN sealed_lift_reason bytea;
ALTER TABLE account_assignments ADD COLUMN sealed_reason bytea;
ALTER TABLE account_assignment_changes ADD COLUMN sealed_reason bytea;
ALTER TABLE consent_statements ADD COLUMN sealed_evidence bytea;
ALTER TABLE contacts ADD COLUMN sealed_reference bytea;

-- What is left to be sealed. Nothing new comes in, so they are empty soon and cost nothing.
CREATE INDEX links_in_clear ON links (older, link_id) WHERE reason <> '' OR undone_reason <> '';
CREATE INDEX match_candidates_in_clear ON match_candidates (older, newer) WHERE reason <> '';
-- What a rule says of a tag is the rule's, and stands in `tag_rules`, too.
CREATE INDEX tag_changes_in_clear ON tag_changes (customer_id, change_id) WHERE reason <> '' AND source <> 'rule';
CREATE INDEX legal_holds_in_clear ON legal_holds (customer_id, legal_hold_id)
    WHERE reason <> '' OR release_reason <> '';
CREATE INDEX restrictions_in_clear ON restrictions (customer_id, restriction_id) WHERE lift_reason <> '';
CREATE INDEX account_assignments_in_clear ON account_assignments (customer_id) WHERE reason <> '';
CREATE INDEX account_assignment_changes_in_clear ON account_assignment_changes (customer_id, change_id)
    WHERE reason <> '';
CREATE INDEX consent_statements_in_clear ON consent_statements (customer_id, statement_id) WHERE evidence <> '';
CREATE INDEX contacts_in_clear ON contacts (customer_id, contact_id) WHERE reference <> '';

CREATE VIEW remarks_in_clear (of_table, of_column, customer_id, row_id, words) AS
    SELECT 'links', 'reason', older, link_id, reason FROM links WHERE reason <> ''
    UNION ALL
    SELECT 'links', 'undone_reason', older, link_id, undone_reason FROM links WHERE undone_reason <> ''
    UNION ALL
    SELECT 'match_candidates', 'reason', older, newer, reason FROM match_candidates WHERE reason <> ''
    UNION ALL
    SELECT 'tag_changes', 'reason', customer_id, change_id, reason FROM tag_changes
    WHERE reason <> '' AND source <> 'rule'
    UNION ALL
    SELECT 'legal_holds', 'reason', customer_id, legal_hold_id, reason FROM legal_holds WHERE reason <> ''
    UNION ALL
    SELECT 'legal_holds', 'release_reason', customer_id, legal_hold_id, release_reason FROM legal_holds
    WHERE release_reason <> ''
    UNION ALL
    SELECT 'restrictions', 'lift_reason', customer_id, restriction_id, lift_reason FROM restrictions
    WHERE lift_reason <> ''
    UNION ALL
    SELECT 'account_assignments', 'reason', customer_id, customer_id, reason FROM account_assignments
    WHERE reason <> ''
    UNION ALL
    SELECT 'account_assignment_changes', 'reason', customer_id, change_id, reason FROM account_assignment_changes
    WHERE reason <> ''
    UNION ALL
    SELECT 'consent_statements', 'evidence', customer_id, statement_id, evidence FROM consent_statements
    WHERE evidence <> ''
    UNION ALL
    SELECT 'contacts', 'reference', customer_id, contact_id, reference FROM contacts WHERE reference <> '';

-- Puts sealed forms in the place of texts that still read as they were sealed. With the rights of the owner, since some of
-- the tables are append-only to the application.
CREATE FUNCTION seal_remarks(
    of_table text, of_column text, customers uuid[], rows uuid[], words text[], sealed bytea[])
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    place record;
    done bigint;
BEGIN
    SELECT * INTO STRICT place FROM (VALUES
        ('links', 'reason', 'older', 'link_id'),
        ('links', 'undone_reason', 'older', 'link_id'),
        ('match_candidates', 'reason', 'older', 'newer'),
        ('tag_changes', 'reason', 'customer_id', 'change_id'),
        ('legal_holds', 'reason', 'customer_id', 'legal_hold_id'),
        ('legal_holds', 'release_reason', 'customer_id', 'legal_hold_id'),
        ('restrictions', 'lift_reason', 'customer_id', 'restriction_id'),
        ('account_assignments', 'reason', 'customer_id', 'customer_id'),
        ('account_assignment_changes', 'reason', 'customer_id', 'change_id'),
        ('consent_statements', 'evidence', 'customer_id', 'statement_id'),
        ('contacts', 'reference', 'customer_id', 'contact_id')
    ) AS known (its_table, its_column, customer, id)
    WHERE known.its_table = seal_remarks.of_table AND known.its_column = seal_remarks.of_column;
    EXECUTE format(
        'UPDATE %1$I AS kept SET %2$I = '''', %3$I = told.sealed
         FROM unnest($1, $2, $3, $4) AS told (customer_id, row_id, words, sealed)
         WHERE kept.%4$I = told.customer_id AND kept.%5$I = told.row_id AND kept.%2$I = told.words',
        place.its_table, place.its_column, 'sealed_' || place.its_column, place.customer, place.id)
    USING customers, rows, words, sealed;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;
REVOKE ALL ON FUNCTION seal_remarks(text, text, uuid[], uuid[], text[], bytea[]) FROM PUBLIC;
