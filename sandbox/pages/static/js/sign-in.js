// The page of Sign in with Slack: whoever sits at this window is chosen.

import { whoSitsHere } from "./sits-here.js";

const theirs = document.querySelector(`input[name=user][value="${CSS.escape(whoSitsHere() ?? "")}"]`);
if (theirs) theirs.checked = true;
