// Who sits at this window. Kept in the tab: other windows of the same browser may be other people's.

const PERSON = "sandbox_person";

/** A page that plays somebody's window says so before it sends them away to sign in. */
export const sitsHere = (userId) => sessionStorage.setItem(PERSON, userId);

/** Their Slack user id, or null where no page has said so. */
export const whoSitsHere = () => sessionStorage.getItem(PERSON);
