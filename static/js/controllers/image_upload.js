// Shows the chosen picture before it is sent, so that its alt text can be written while looking at it.
import { Controller } from "stimulus";

export default class extends Controller {
  static targets = ["file", "preview"];

  disconnect() {
    this.forget();
  }

  show() {
    this.forget();
    const [file] = this.fileTarget.files ?? [];
    this.previewTarget.hidden = !file;
    if (!file) return;
    this.address = URL.createObjectURL(file);
    this.previewTarget.src = this.address;
  }

  forget() {
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = "";
  }
}
