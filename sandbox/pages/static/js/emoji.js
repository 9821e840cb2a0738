// The emoji names that business apps use most. Others stay as they were written.

const EMOJI = {
  alarm_clock: "⏰", arrow_down: "⬇️", arrow_right: "➡️", arrow_up: "⬆️", arrows_counterclockwise: "🔄", art: "🎨",
  ballot_box_with_check: "☑️", bar_chart: "📊", bell: "🔔", book: "📖", books: "📚", bow: "🙇", briefcase: "💼",
  bulb: "💡", bust_in_silhouette: "👤", busts_in_silhouette: "👥", calendar: "📆", card_index: "📇", chair: "🪑",
  chart_with_upwards_trend: "📈", clap: "👏", clipboard: "📋", clock1: "🕐", closed_lock_with_key: "🔐",
  construction: "🚧", date: "📅", door: "🚪", email: "📧", envelope: "✉️", exclamation: "❗", eyes: "👀",
  fire: "🔥", gear: "⚙️", gift: "🎁", globe_with_meridians: "🌐", grey_question: "❔", hammer_and_wrench: "🛠️",
  handshake: "🤝", heart: "❤️", heavy_check_mark: "✔️", heavy_plus_sign: "➕", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", house: "🏠", inbox_tray: "📥", information_source: "ℹ️", key: "🔑",
  large_blue_circle: "🔵", large_green_circle: "🟢", large_orange_circle: "🟠", large_red_circle: "🔴",
  large_yellow_circle: "🟡", link: "🔗", lock: "🔒", mag: "🔍", mailbox_with_mail: "📬", mega: "📣", memo: "📝",
  moneybag: "💰", muscle: "💪", new: "🆕", no_entry: "⛔", no_entry_sign: "🚫", notebook: "📓", ok: "🆗",
  ok_hand: "👌", open_hands: "👐", outbox_tray: "📤", package: "📦", page_facing_up: "📄", paperclip: "📎",
  pencil2: "✏️", pray: "🙏", pushpin: "📌", question: "❓", raised_hand: "✋", recycle: "♻️", red_circle: "🔴",
  repeat: "🔁", robot_face: "🤖", rocket: "🚀", rotating_light: "🚨", seat: "💺", shield: "🛡️", slack: "💬",
  slightly_smiling_face: "🙂", smile: "😄", sos: "🆘", sparkles: "✨", speech_balloon: "💬", star: "⭐",
  stopwatch: "⏱️", tada: "🎉", thinking_face: "🤔", ticket: "🎫", timer_clock: "⏲️", thumbsdown: "👎",
  thumbsup: "👍", "+1": "👍", "-1": "👎", unlock: "🔓", warning: "⚠️", wastebasket: "🗑️", watch: "⌚",
  wave: "👋", white_check_mark: "✅", white_circle: "⚪", wrench: "🔧", x: "❌", zap: "⚡", zzz: "💤",
};

/** The character for a name without its colons, or null. */
export const emojiFor = (name) => EMOJI[name.toLowerCase()] ?? null;
